#include "src/sources/mongodb/server/shared_pool.h"

namespace headwater::mongodb {

Result<std::shared_ptr<Pool>> SharedPool::get(const Pool* stale) {
  const std::lock_guard lock(mutex_);
  auto latest = latest_.lock();
  if (latest && latest.get() != stale) return latest;
  auto made = Pool::make(uri_, Pool::Use::lasting);
  if (!made) return failed(made);
  std::shared_ptr<Pool> fresh = *std::move(made);
  latest_ = fresh;
  return fresh;
}

}  // namespace headwater::mongodb
