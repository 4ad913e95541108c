#include "src/gateway/page.h"

#include <algorithm>
#include <string>
#include <utility>

#include "src/base/number_in.h"
#include "src/gateway/errors.h"

namespace headwater::gateway {
namespace {

constexpr std::uint64_t most_events = 10'000;
constexpr std::uint64_t longest_wait_ms = 60'000;
constexpr const char* batch_type = "application/cloudevents-batch+json";

Result<std::uint64_t> number(const std::string& name, const std::string& value, std::uint64_t least,
                             std::uint64_t most) {
  const auto given = whole_number(value);
  if (given && *given >= least && *given <= most) return *given;
  return fail(bad_request("'" + value + "' is not a valid " + name,
                          "give " + name + " as a whole number from " + std::to_string(least) +
                              " to " + std::to_string(most)));
}

}  // namespace

Result<PageQuery> page_query(const serve::Request& request, const serve::Parameters& parameters) {
  PageQuery query;
  auto start = start_from(parameters, Start::At::earliest);
  if (!start) return failed(start);
  query.start = *std::move(start);
  for (const auto& [name, value] : parameters) {
    if (name == "limit") {
      auto limit = number(name, value, 1, most_events);
      if (!limit) return failed(limit);
      query.limit = static_cast<std::size_t>(*limit);
    } else if (name == "wait") {
      auto wait = number(name, value, 0, longest_wait_ms);
      if (!wait) return failed(wait);
      query.wait = Milliseconds(*wait);
    } else if (name != "from" && name != "consumer") {
      return fail(bad_request("there is no parameter '" + name + "'",
                              "use from or consumer, limit and wait"));
    }
  }
  const std::string* const accepts = request.header("accept");
  query.batch = accepts != nullptr && accepts->find(batch_type) != std::string::npos;
  query.with_body = request.method != "HEAD";
  return query;
}

PageReply::PageReply(Feed& feed, PageQuery query, SteadyTime now)
    : feed_(feed), query_(std::move(query)), until_(now + query_.wait) {
  ask(query_.start.bound());
}

void PageReply::ask(const Bound& bound) {
  end_ = feed_.ring()->end();
  asked_ =
      feed_.ask<Page>(bound, [query = query_, relay = feed_.relay(), bytes = feed_.page_bytes()](
                                 StreamReader& reader, const std::stop_token& stop) {
        return read(reader, query, relay, bytes, stop);
      });
}

Result<PageReply::Page> PageReply::read(StreamReader& reader, const PageQuery& query,
                                        const std::string& relay, std::size_t bytes,
                                        const std::stop_token& stop) {
  auto from = resolve(reader, query.start, relay, stop);
  if (!from) return failed(from);
  const ReadLimits limits{.count = query.limit, .bytes = bytes};
  auto events = read_from(reader, relay, *from, limits, Milliseconds(0), stop);
  if (!events) return failed(events);
  auto range = reader.range();
  if (!range) return failed(range);
  const std::uint64_t start = *from == 0 ? range->first : *from;
  return to_page(*events, query, *range, events->empty() ? start : events->back().sequence + 1);
}

PageReply::Page PageReply::to_page(const std::vector<StoredEvent>& events, const PageQuery& query,
                                   const StreamRange& range, std::uint64_t next) {
  Page page{.answer = {}, .empty = events.empty(), .next = next};
  serve::Answer& answer = page.answer;
  std::string& body = answer.body;
  body = query.batch ? "[" : "{\"events\":[";
  for (const StoredEvent& stored : events) {
    if (&stored != &events.front()) body += ',';
    append_json(body, stored);
  }
  body += ']';
  const auto add = [&](const char* name, const char* header, std::uint64_t number) {
    const std::string text = std::to_string(number);
    answer.headers.emplace_back(header, text);
    if (!query.batch) body.append(",\"").append(name).append("\":").append(text);
  };
  add("next", "Headwater-Next", next);
  add("first", "Headwater-First", range.first);
  add("last", "Headwater-Last", range.last);
  body += query.batch ? "\n" : "}\n";
  answer.type = query.batch ? batch_type : "application/json";
  return page;
}

bool PageReply::has_news() const {
  const auto ring = feed_.ring();
  return ring->has_failed() ||
         (ring->end() != 0 && ring->end() != end_ && ring->end() > empty_->next);
}

serve::Reply::Next PageReply::go_on(serve::Outgoing& to, std::size_t /*room*/, SteadyTime now) {
  if (!asked_.is_open()) {
    // It waits for an event.
    if (now < until_ && !has_news()) return Next::waits;
    if (now >= until_) {
      to.add(to_bytes(empty_->answer, query_.with_body, query_.keeps));
      return Next::ends;
    }
    query_.start = {.first = {.at = Start::At::sequence, .sequence = empty_->next}};
    ask({.to_stream = true, .life = asked_.life()});
    return Next::waits;
  }
  auto page = asked_.take();
  if (!page) return Next::waits;
  if (!*page) {
    const auto answer = error_answer(for_client(page->error(), feed_.relay()));
    to.add(to_bytes(answer, query_.with_body, query_.keeps));
    return Next::ends;
  }
  if ((*page)->empty && now < until_) {
    empty_ = **std::move(page);
    if (!watch_) watch_.emplace(feed_);
    return Next::waits;
  }
  to.add(to_bytes((*page)->answer, query_.with_body, query_.keeps));
  return Next::ends;
}

SteadyTime PageReply::wake_at() const { return asked_.is_open() ? SteadyTime::max() : until_; }

}  // namespace headwater::gateway
