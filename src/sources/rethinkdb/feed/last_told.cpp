#include "src/sources/rethinkdb/feed/last_told.h"

#include <utility>

namespace headwater::rethinkdb {

void LastTold::in_stream(const std::string& exact_key, Last last) {
  const auto latest = latest_.find(exact_key);
  if (latest != latest_.end() && latest->second.number == last.number) latest_.erase(latest);
  if (last.number == 0) {
    newer_.erase(exact_key);
    older_.erase(exact_key);
    return;
  }
  // What was told before may be left out now, and released again.
  if (known(exact_key).number >= last.number) return;
  if (newer_.size() >= most_) older_ = std::exchange(newer_, {});
  newer_[exact_key] = last;
}

void LastTold::clear() {
  newer_.clear();
  older_.clear();
  drop_returned();
}

LastTold::Last LastTold::known(const std::string& exact_key) const {
  const auto newer = newer_.find(exact_key);
  if (newer != newer_.end()) return newer->second;
  const auto older = older_.find(exact_key);
  return older == older_.end() ? Last() : older->second;
}

LastTold::Last LastTold::last(const std::string& exact_key) const {
  const auto latest = latest_.find(exact_key);
  return latest == latest_.end() ? known(exact_key) : latest->second;
}

LastTold::Fit LastTold::fit(const std::string& exact_key, Last next, std::uint64_t newest) const {
  const Last before = last(exact_key);
  // The document was removed and inserted again.
  const bool begins_again = next.version == 1 && next.number > before.number;
  if (before.number == 0 || begins_again) return Fit::good;
  if (next.number > before.number && next.version == before.version + 1) return Fit::good;
  // The journal was not made to forget it after all.
  const bool same = next.number == before.number && next.version == before.version;
  const bool older = next.number < before.number && next.version < before.version;
  return (same || older) && newest >= before.number ? Fit::told : Fit::contradicts;
}

}  // namespace headwater::rethinkdb
