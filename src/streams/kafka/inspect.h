// What the topics' settings mean for the promise.
#pragma once

#include <string>

#include "src/ports/report.h"
#include "src/streams/kafka/client.h"
#include "src/streams/kafka/kafka.h"

namespace headwater::kafka {

/// Problems are what breaks the promise; notes are what it rests on.
Result<Report> inspect_topics(const Options& options, const Client& client,
                              const Deadline& deadline);

}  // namespace headwater::kafka
