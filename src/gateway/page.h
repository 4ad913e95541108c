// GET /streams/R/events: a page of events, at once or once there are some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "src/base/clock.h"
#include "src/gateway/feed.h"
#include "src/gateway/start.h"
#include "src/serve/reply.h"

namespace headwater::gateway {

struct PageQuery {
  Start start;
  std::size_t limit = 100;
  Milliseconds wait{0};  ///< For the first event.
  bool batch = false;    ///< As application/cloudevents-batch+json.
  bool with_body = true;
  bool keeps = false;
};

/// By the request's query and headers.
Result<PageQuery> page_query(const serve::Request& request, const serve::Parameters& parameters);

class PageReply final : public serve::Reply {
 public:
  PageReply(Feed& feed, PageQuery query, SteadyTime now);
  Next go_on(serve::Outgoing& to, std::size_t room, SteadyTime now) override;
  [[nodiscard]] SteadyTime wake_at() const override;

 private:
  struct Page {
    serve::Answer answer;
    bool empty = true;
    std::uint64_t next = 0;
  };
  static Result<Page> read(StreamReader& reader, const PageQuery& query, const std::string& relay,
                           std::size_t bytes, const std::stop_token& stop);
  static Page to_page(const std::vector<StoredEvent>& events, const PageQuery& query,
                      const StreamRange& range, std::uint64_t next);
  void ask(const Bound& bound);
  /// Whether the ring has something after the last page, which was empty.
  [[nodiscard]] bool has_news() const;

  Feed& feed_;
  PageQuery query_;
  SteadyTime until_;
  Asked<Page> asked_;
  std::optional<Page> empty_;  ///< The last page.
  std::uint64_t end_ = 0;      ///< The ring's, before that page was read.
  std::optional<Feed::Watch> watch_;
};

}  // namespace headwater::gateway
