// What `init` and `check` report.
#pragma once

#include <string>

#include "src/hints/etcd/etcd.h"
#include "src/ports/report.h"

namespace headwater::etcd {

/// Whether etcd answers. The hint is optional, so it is a note that it does not.
[[nodiscard]] Report inspect_reachable(const Options& options);
/// The same as a problem, the rights to the key, and who holds the claim.
[[nodiscard]] Report inspect(const Options& options, const std::string& key);

}  // namespace headwater::etcd
