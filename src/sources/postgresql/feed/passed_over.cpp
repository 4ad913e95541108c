#include "src/sources/postgresql/feed/passed_over.h"

#include <algorithm>
#include <string>
#include <utility>

#include "src/ports/stopped.h"
#include "src/sources/postgresql/feed/replication.h"
#include "src/sources/postgresql/feed/wal_commits.h"

namespace headwater::postgresql {
namespace {

constexpr Milliseconds longest_silence{10'000};

tl::unexpected<Failure> connection_failure(Error error) {
  return tl::unexpected(Failure{.error = std::move(error), .state = {}});
}

Error silent() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "postgresql: the server does not send its write-ahead log",
          .next = "check the server, and the network to it"};
}

/// The log of one timeline.
struct Stretch {
  Timeline timeline = 0;
  Lsn from = 0;
  Lsn to = 0;
};

Answered<void> read(Server& server, const Stretch& stretch, WalCommits& commits,
                    const std::stop_token& stop) {
  auto connection = server.physical(stop);
  if (!connection) return connection_failure(std::move(connection.error()));
  auto log = Replication::start(*std::move(connection),
                                "START_REPLICATION PHYSICAL " + text_of(stretch.from) +
                                    " TIMELINE " + std::to_string(stretch.timeline),
                                stop);
  if (!log) return tl::unexpected(std::move(log.error()));
  for (Lsn at = stretch.from; at < stretch.to && commits.found() == WalCommits::Found::nothing;) {
    auto received = log->next();
    if (!received) return tl::unexpected(std::move(received.error()));
    if (*received && !(*received)->message.empty()) {
      const std::string_view bytes = (*received)->message;
      commits.add(bytes.substr(0, std::min<Lsn>(bytes.size(), stretch.to - at)));
      at += bytes.size();
    } else if (!*received) {
      const auto before = std::chrono::steady_clock::now();
      log->wait_readable(longest_silence, stop);
      if (stop.stop_requested()) return connection_failure(stopped(Origin::source));
      if (std::chrono::steady_clock::now() - before >= longest_silence) {
        return connection_failure(silent());
      }
    }
  }
  return {};
}

}  // namespace

/// What cannot be read may be a commit.
Answered<bool> committed_between(Server& server, const Timelines& timelines, Lsn from, Lsn to,
                                 const std::stop_token& stop) {
  WalCommits commits({.from = from,
                      .to = to,
                      .segment_size = server.facts().segment_size,
                      .database = server.facts().oid});
  for (Lsn at = from; at < to && commits.found() == WalCommits::Found::nothing;) {
    const Stretch stretch{.timeline = timelines.owner(at),
                          .from = at,
                          .to = std::min(to, timelines.fork_after(at).value_or(to))};
    if (auto done = read(server, stretch, commits, stop); !done)
      return tl::unexpected(done.error());
    at = stretch.to;
  }
  return commits.found() != WalCommits::Found::nothing || !commits.whole();
}

}  // namespace headwater::postgresql
