#include "src/sources/rethinkdb/feed/last_told.h"

#include <utility>

namespace headwater::rethinkdb {

void LastTold::note(const std::string& exact_key, Last last) {
  if (newer_.size() >= most_) older_ = std::exchange(newer_, {});
  newer_[exact_key] = last;
}

void LastTold::forget(const std::string& exact_key) {
  newer_.erase(exact_key);
  older_.erase(exact_key);
}

void LastTold::clear() {
  newer_.clear();
  older_.clear();
}

std::optional<LastTold::Last> LastTold::contradicted_by(const std::string& exact_key,
                                                        Last next) const {
  // The document was removed and inserted again.
  if (next.version == 1) return std::nullopt;
  auto found = newer_.find(exact_key);
  if (found == newer_.end()) {
    found = older_.find(exact_key);
    if (found == older_.end()) return std::nullopt;
  }
  const Last& last = found->second;
  const bool follows = next.number > last.number && next.version == last.version + 1;
  return follows ? std::nullopt : std::optional(last);
}

}  // namespace headwater::rethinkdb
