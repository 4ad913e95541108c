// A connection to a stream that Headwater has prepared.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/streams/redis/connection.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// Version of docs/formats/redis-stream.md.
constexpr const char* format_version = "1";

/// Fails with `stream.not_prepared`, `stream.newer_version`, or as Connection::open() does.
Result<Connection> open_prepared(const Options& options);

/// The stream ends at `id`, but at 0-`last` according to the hash of tails; empty `last`: the hash
/// is gone.
[[nodiscard]] Error torn(const Options& options, const std::string& last, const std::string& id);

/// A field of the relay's tail is missing, or its sequence is not in the stream.
[[nodiscard]] Error torn_tail(const Options& options, const std::string& relay);

/// Runs one of scripts.h on the stream's keys, `more` being its further arguments. Fails with
/// `stream.torn` and similar errors if it answers that the stream is not as Headwater left it. `wake`:
/// see Connection::call().
Result<Answer> run_script(Connection& connection, const Options& options, std::string_view script,
                          std::span<const std::string_view> more, int wake = -1);

}  // namespace headwater::redis
