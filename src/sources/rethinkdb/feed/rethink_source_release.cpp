// How the source has the journal forget what is in the stream.
#include <algorithm>
#include <utility>

#include "src/base/invariant.h"
#include "src/base/wait_for.h"
#include "src/json/json.h"
#include "src/sources/rethinkdb/feed/rethink_source.h"

namespace headwater::rethinkdb {
namespace {

constexpr Milliseconds purge_interval{10'000};
constexpr std::size_t purged_at_once = 100;

}  // namespace

Result<void> RethinkSource::release(const Durable& durable) {
  if (!opened_) return {};
  leads_ = true;
  auto at = decode(durable.tail().position);
  if (!at || at->journal != at_.journal) return {};
  if (answered_ != 0 && at->told >= answered_) {
    auto settled = session_.ask(settle_doubt(standing_.names), {});
    if (!settled) return failed(settled);
    told_.clear();
    answered_ = 0;
  }
  std::vector<Taken> taken = published_.released(at->published);
  for (const Taken& each : taken) {
    if (!each.is_missing && each.version == 0) continue;
    const std::uint64_t number = each.is_missing ? 0 : each.number;
    told_.in_stream(exact_key(each.key), {.number = number, .version = each.version});
  }
  if (taken.empty()) return {};
  auto begun = releases_.begin(standing_.names, std::move(taken), at->told);
  if (!begun) disconnect();
  return begun;
}

/// Must not be called while a page is being read, which may show what is forgotten.
Result<void> RethinkSource::collect_releases(Milliseconds longest, const std::stop_token& stop) {
  invariant(!page_.is_reading(), "what is forgotten is not read any more");
  while (releases_.in_progress()) {
    auto done = releases_.next(longest, stop);
    if (!done) return failed(done);
    if (!*done) return {};
    published_.forget((*done)->taken);
    at_.released = std::max(at_.released, (*done)->released);
    note_release((*done)->released);
    longest = Milliseconds(0);
  }
  return {};
}

/// Of documents that were marked as deleted long ago, a few at a time.
Result<void> RethinkSource::purge(const std::stop_token& stop) {
  if (purge_) {
    auto reply = session_.receive(*purge_, Milliseconds(0), stop);
    if (!reply) return failed(reply);
    if (*reply) {
      purge_.reset();
      const auto& results = (*reply)->answer.results;
      const auto counts = Json::parse(results.empty() ? "null" : results.front());
      // There may be more.
      if (counts && (*counts)["deleted"].unsigned_integer() == purged_at_once)
        purge_at_ = clock_->steady();
    }
  }
  const SteadyTime now = clock_->steady();
  if (purge_ || !leads_ || now < purge_at_) return {};
  purge_at_ = now + purge_interval;
  const auto age = static_cast<std::uint64_t>(options_.keep_deleted.count());
  if (standing_.now_ms <= age) return {};
  auto sent =
      session_.send(rethinkdb::purge(standing_.names, standing_.now_ms - age, purged_at_once), {});
  if (!sent) return failed(sent);
  purge_ = *sent;
  return {};
}

Result<bool> RethinkSource::wait_for_release(SteadyTime until, const std::stop_token& stop) {
  if (!releases_.in_progress()) {
    // The relay must append first, and then say that it has.
    constexpr Milliseconds turn{2};
    (void)wait_for(turn, stop);
    return false;
  }
  auto collected = collect_releases(std::max(left_until(until), query_patience), stop);
  if (!collected) return failed(collected);
  return published_.size() < most_unreleased;
}

}  // namespace headwater::rethinkdb
