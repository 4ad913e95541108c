#include <charconv>

#include "src/inbox/redis/state.h"
#include "src/inbox/shared/pieces.h"

namespace headwater::client {
namespace {

template <class Number>
Number number(std::string_view text) {
  Number found{};
  std::from_chars(text.data(), text.data() + text.size(), found);
  return found;
}

}  // namespace

auto RedisInbox::State::read_clock() -> Result<Clock> {
  server.append({"TIME"});
  server.append({"ZRANGE", marks, "0", "-1", "WITHSCORES"});
  auto time = server.next();
  if (!time) return time.error();
  auto all = server.next_good();
  if (!all) return all.error();
  if (inbox::is_error(**time)) return server.error(inbox::text_of(**time));
  Clock clock;
  const auto parts = inbox::elements_of(**time);
  if (!parts.empty()) clock.now = number<std::int64_t>(inbox::text_of(*parts[0]));
  const auto each = inbox::elements_of(**all);
  for (std::size_t i = 0; i + 1 < each.size(); i += 2) {
    clock.marks.push_back({.time = number<std::int64_t>(inbox::text_of(*each[i + 1])),
                           .acknowledged = number<std::uint64_t>(inbox::text_of(*each[i]))});
  }
  return clock;
}

Result<bool> RedisInbox::State::forget(const inbox::Forgetting& plan, const Clock& clock,
                                       std::uint64_t acknowledged) {
  std::size_t replies = 0;
  if (!plan.remove.empty()) {
    std::vector<std::string> places;
    for (const auto place : plan.remove) places.push_back(std::to_string(place));
    std::vector<std::string_view> words{"ZREM", marks};
    words.insert(words.end(), places.begin(), places.end());
    server.append(words);
    ++replies;
  }
  if (plan.add) {
    // Of a place that another worker has marked, the earlier time is true, too.
    server.append({"ZADD", marks, "NX", std::to_string(clock.now), std::to_string(acknowledged)});
    ++replies;
  }
  if (auto done = server.skip(replies); !done) return done.error();
  if (plan.up_to == 0) return false;
  const std::string last = std::to_string(plan.up_to);
  // The first that is too many for one piece.
  server.append({"ZRANGEBYSCORE", ids, "-inf", last, "WITHSCORES", "LIMIT",
                 std::to_string(inbox::piece), "1"});
  auto next = server.next_good();
  if (!next) return next.error();
  const auto found = inbox::elements_of(**next);
  const bool more = found.size() == 2;
  server.append({"ZREMRANGEBYSCORE", ids, "-inf",
                 more ? "(" + std::string(inbox::text_of(*found[1])) : last});
  auto removed = server.next_good();
  if (!removed) return removed.error();
  return more && (*removed)->integer > 0;
}

Result<bool> RedisInbox::forget_some(std::uint64_t acknowledged) {
  if (state_->open) return inbox::in_transaction(state_->options, "forget_some()");
  auto clock = state_->read_clock();
  if (!clock) return clock.error();
  const auto plan =
      inbox::plan(clock->marks, clock->now, state_->options.keep.count(), acknowledged);
  if (plan.add) {
    if (auto evicted = state_->check_eviction(); !evicted) return evicted.error();
  }
  return state_->forget(plan, *clock, acknowledged);
}

}  // namespace headwater::client
