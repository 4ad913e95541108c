// Gives each of the things that one section of a configuration follows its own relay.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/cli/configured.h"
#include "src/config/config.h"
#include "src/ports/adapter.h"

namespace headwater::cli {

using MakeStream = std::function<Result<std::unique_ptr<StreamAdapter>>()>;

/// Returns one relay for each source. A single one has the configured name; otherwise "shop.orders"
/// of relay "a" is relay "a.shop.orders". Calls `make_stream` for each. Fails with `config.*` if a
/// name is not valid for a relay, or if the stream accepts only one relay.
Result<std::vector<ConfiguredRelay>> split(const config::RelayConfig& config,
                                           std::vector<NamedSource> sources,
                                           const MakeStream& make_stream);

}  // namespace headwater::cli
