// One section of a configuration may follow several things: each gets a relay of its own.
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

/// One relay for each source: of the only one it has the configured name, else "shop.orders" of
/// relay "a" is relay "a.shop.orders". `make_stream` is called for each. Fails with `config.*`
/// where a name is none for a relay, or where the stream takes one relay only.
Result<std::vector<ConfiguredRelay>> split(const config::RelayConfig& config,
                                           std::vector<NamedSource> sources,
                                           const MakeStream& make_stream);

}  // namespace headwater::cli
