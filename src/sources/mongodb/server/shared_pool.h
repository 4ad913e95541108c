// One pool for all relays of a deployment in one process: they watch its servers together.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "src/base/error.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Makes a pool for the first relay that connects, and keeps it while any of them uses it. Any
/// thread.
class SharedPool {
 public:
  explicit SharedPool(std::string uri) : uri_(std::move(uri)) {}

  /// The lasting pool that the relays use now. Another one than `stale`, which does not serve the
  /// caller any more; null: it has none. Fails as Pool::make() does.
  Result<std::shared_ptr<Pool>> get(const Pool* stale);

 private:
  std::string uri_;
  std::mutex mutex_;
  std::weak_ptr<Pool> latest_;
};

}  // namespace headwater::mongodb
