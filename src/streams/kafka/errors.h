// Errors of brokers and of librdkafka as errors of the stream.
#pragma once

#include <rdkafka.h>

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/streams/shared/errors.h"

namespace headwater::kafka {

/// `what` says what was attempted: "Kafka 127.0.0.1:9092: topic events". `reason` is the library's.
[[nodiscard]] Error explain(rd_kafka_resp_err_t code, const std::string& what,
                            const std::string& reason);
/// Whether the broker disappeared during a handshake or login, which then says nothing about the
/// certificate or the password.
[[nodiscard]] bool broke_off(rd_kafka_resp_err_t code, std::string_view reason);
/// Another producer has taken over the transactional id.
[[nodiscard]] bool is_fenced(rd_kafka_resp_err_t code);

using streams::conflict;
using streams::hopeless;
using streams::unavailable;
/// Another producer's transaction is open in this topic.
[[nodiscard]] Error undecided(const std::string& topic);

}  // namespace headwater::kafka
