// One relay's writer to a Redis Stream.
//
// An append is one script (scripts.cpp), which Redis runs without interruption: it compares the
// relay's tail, adds the events under the next ids, and writes the tail. Why nothing is lost,
// repeated or out of order:
//
// - A crash of the relay, or a connection cut half-way: a command that did not arrive completely
//   never runs. A command that arrived runs completely, whether or not the reply gets through;
//   tail() returns the result.
// - A late command, from a relay that hung or from an abandoned connection: it expects an old tail
//   and writes nothing.
// - A crash of Redis: a script's writes go to the append-only file and to replicas inside MULTI and
//   EXEC, and a file or link that ends before EXEC has none of them. So events and tail are lost
//   together, as with an older snapshot, a failover or a restored backup, and the relay continues
//   from the tail it finds: the same events, and with one relay the same ids.
// - Only one of the two keys is lost, or another program writes to the stream: the hash has the
//   last id, and every script compares it with the stream's own last id, which survives trimming.
//   If they differ, the relay stops with `stream.torn`.
// - Trimming removes events from the front, and never the tail, which is not in the stream.
// - There is no retry below this: every command is sent once. After any failure the connection is
//   closed, so that no answer is taken for another's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/ports/stream.h"
#include "src/streams/redis/connection.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// Connects when first needed, and again after every failure.
class Writer final : public StreamWriter {
 public:
  Writer(std::string relay, const Options& options, const Clock& clock);

  /// Connects now, to check that it can, and that a primary has the prepared stream.
  Result<void> open();

  using StreamWriter::append;
  using StreamWriter::tail;
  Result<Durable> tail(std::stop_token stop) override;
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override;
  [[nodiscard]] StreamLimits limits() const override;
  Result<bool> maintain() override;
  Result<StreamRoom> room() override;

 private:
  /// run_script(); connects first if needed.
  Result<Answer> run(std::string_view script, std::span<const std::string_view> more,
                     int wake = -1);
  Result<void> wait_for_replicas(int wake);
  Error closed(Error error);

  std::string relay_;
  Options options_;
  const Clock* clock_;
  std::optional<Connection> connection_;
};

}  // namespace headwater::redis
