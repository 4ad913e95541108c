#include "src/sources/sqlite/feed/outlet.h"

#include <algorithm>
#include <utility>

namespace headwater::sqlite {
namespace {

void add(Change& change, std::size_t size, std::size_t more, Target to) {
  if (to.batch.changes.empty()) to.batch.changes.reserve(std::min(to.limits.count, 1 + more));
  to.batch.add(std::move(change), size);
}

}  // namespace

void Outlet::put(Change&& change, std::size_t more, Target to) {
  const std::size_t size = footprint(change);
  if (waiting_.empty() && to.fits(size)) {
    add(change, size, more, to);
  } else {
    waiting_.push_back({.change = std::move(change), .size = size});
  }
}

bool Outlet::flush(std::size_t more, Target to) {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    Waiting& next = waiting_.front();
    if (!to.fits(next.size)) return false;
    add(next.change, next.size, waiting_.size() + more, to);
  }
  return !to.full();
}

}  // namespace headwater::sqlite
