#include "src/hints/etcd/lease_hint.h"

#include <unistd.h>

#include <chrono>
#include <utility>

#include "src/base/machine.h"
#include "src/base/unique.h"
#include "src/event/time_text.h"

namespace headwater::etcd {
namespace {

// In one `lapse_after`.
constexpr int claims = 4;
// A lease ends so long after the claim has lapsed: time for a standby to look, and for a holder
// that was late to find the key its own.
constexpr std::chrono::seconds grace{3};
// Between two looks of an unbroken watch, in intervals. One is usual; a busy machine takes longer.
constexpr int longest_break = 3;

}  // namespace

std::string holder_text(const std::string& claimant, WallTime since) {
  std::string time;
  append_time(time, since);
  return Json{
      {"host", machine_name()}, {"pid", ::getpid()}, {"since", time}, {"claimant", claimant}}
      .dump();
}

LeaseHint::LeaseHint(const Options& options, std::string key, const Clock& clock)
    : options_(&options),
      key_(std::move(key)),
      clock_(&clock),
      name_(unique_name()),
      gateway_(options) {}

Milliseconds LeaseHint::interval() const { return Milliseconds(options_->lapse_after) / claims; }

Result<Claim> LeaseHint::claim(std::stop_token stop) {
  const auto entry = look(stop);
  if (!entry) return fail(entry.error());
  if (is_ours(*entry)) return Claim::ours;
  if (entry->is_there()) {
    lease_.reset();  // it has no key, and ends by itself
    const auto lapsed = has_lapsed(*entry, stop);
    if (!lapsed) return fail(lapsed.error());
    if (!*lapsed) return Claim::others;
  }
  return put(entry->mod_revision, stop);
}

Result<Claim> LeaseHint::take(std::stop_token stop) {
  const auto entry = look(stop);
  if (!entry) return fail(entry.error());
  if (is_ours(*entry)) return Claim::ours;
  return put(std::nullopt, stop);
}

Result<void> LeaseHint::give_up(std::stop_token stop) {
  if (!lease_) return {};
  // The key goes with it, unless it has another's lease by now.
  auto revoked = revoke(gateway_, *lease_, stop);
  if (revoked) lease_.reset();
  return revoked;
}

Result<Entry> LeaseHint::look(const std::stop_token& stop) {
  if (lease_) {
    auto renewed = renew(gateway_, *lease_, stop);
    if (!renewed) return failed(renewed);
    // We were paused for too long, or somebody has revoked it, or etcd has lost it.
    if (!*renewed) lease_.reset();
  }
  return read(gateway_, key_, stop);
}

bool LeaseHint::is_ours(const Entry& entry) const { return lease_ && entry.lease == *lease_; }

Result<bool> LeaseHint::has_lapsed(const Entry& entry, const std::stop_token& stop) {
  const auto is_long = [&](Milliseconds time) { return time >= options_->lapse_after; };
  // Only a person writes a key without a lease. Nobody can renew it.
  if (entry.lease == "0") return is_long(watched(entry));
  const auto silent = unrenewed(gateway_, entry.lease, stop);
  if (!silent) return fail(silent.error());
  const bool was_watched = is_long(watched(entry));
  return !*silent || (is_long(**silent) && was_watched);
}

Milliseconds LeaseHint::watched(const Entry& entry) {
  const SteadyTime now = clock_->steady();
  const bool unbroken =
      watch_.mod_revision == entry.mod_revision && now - watch_.last <= longest_break * interval();
  if (!unbroken) watch_ = {.mod_revision = entry.mod_revision, .first = now};
  watch_.last = now;
  return std::chrono::floor<Milliseconds>(now - watch_.first);
}

Result<Claim> LeaseHint::put(const std::optional<Number>& mod_revision,
                             const std::stop_token& stop) {
  if (!lease_) {
    auto granted = grant(gateway_, options_->lapse_after + grace, stop);
    if (!granted) return failed(granted);
    lease_ = *std::move(granted);
  }
  auto written =
      write(gateway_, key_, holder_text(name_, clock_->wall()), *lease_, mod_revision, stop);
  // If it may have been written, the next look at the key says whose it is.
  if (written ? !*written : is_lease_lost(written.error())) lease_.reset();
  if (!written) return failed(written);
  return *written ? Claim::ours : Claim::others;
}

}  // namespace headwater::etcd
