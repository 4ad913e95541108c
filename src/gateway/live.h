// GET /streams/R/live: events as they arrive, as server-sent events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "src/base/clock.h"
#include "src/gateway/feed.h"
#include "src/gateway/ring.h"
#include "src/gateway/start.h"
#include "src/serve/reply.h"

namespace headwater::gateway {

/// By the query and the header Last-Event-ID, which comes first: a client that connects again
/// repeats its old query.
Result<Start> live_start(const serve::Request& request, const serve::Parameters& parameters);

/// Finds the start, catches up by pages that are read for it, and then takes what the ring has.
class LiveReply final : public serve::Reply {
 public:
  LiveReply(Feed& feed, Start start, SteadyTime now);
  Next go_on(serve::Outgoing& to, std::size_t room, SteadyTime now) override;
  [[nodiscard]] SteadyTime wake_at() const override;

 private:
  /// Events, or none up to the ring's end at the time of the question.
  struct Part {
    SharedChunk chunk;
    std::uint64_t next = 0;
  };
  enum class Got { something, nothing, failure };

  void find_start();
  void read_page();
  /// What the last question has brought.
  [[nodiscard]] Got take_answer(serve::Outgoing& to, SteadyTime now);
  [[nodiscard]] Got take_from_ring(serve::Outgoing& to);
  void put(serve::Outgoing& to, const SharedChunk& chunk);
  [[nodiscard]] Got end_with(serve::Outgoing& to, const Error& error);

  Feed& feed_;
  Start start_;
  Feed::Watch watch_;
  std::shared_ptr<Ring> ring_;
  Asked<Part> asked_;
  std::uint64_t next_ = 0;
  bool begun_ = false;    ///< The head is sent.
  bool started_ = false;  ///< next_ is known.
  bool has_all_ = false;  ///< The last page was empty.
  std::string life_;      ///< Of the stream that next_ belongs to.
  /// Of a page that was asked for after this ring began. The ring may be that of a stream that was
  /// created again, which only the page's reader notices.
  const Ring* asked_of_ = nullptr;
  const Ring* joined_ = nullptr;
  SteadyTime retry_at_{};
  SteadyTime quiet_since_;
};

}  // namespace headwater::gateway
