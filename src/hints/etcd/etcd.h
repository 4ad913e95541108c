// The claim to lead as a key in etcd. docs/standby.md explains it to operators.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/http/client.h"
#include "src/ports/hint.h"

namespace headwater {

namespace etcd {

/// One member of the cluster.
struct Endpoint {
  std::string address{};  ///< "10.0.0.7:2379"
  bool tls = false;
};

struct Options {
  /// They are tried in turn; the one that answered is kept.
  std::vector<Endpoint> endpoints{};
  std::string user{};  ///< Empty: none.
  std::string password{};
  http::Tls tls{};
  std::string prefix = "/headwater";
  /// A claim that was not renewed for this long has lapsed. Whole seconds, because etcd says no more
  /// about a lease.
  std::chrono::seconds lapse_after{1};
  /// For each step of a request: to connect, to shake hands, to hear more.
  Milliseconds patience{1'000};
};

/// "10.0.0.7:2379", "http://10.0.0.7", "https://etcd.example:2379". Without a scheme it is TLS if
/// `tls`. The error says what is wrong, without a part of the text.
Result<Endpoint> parse_endpoint(const std::string& text, bool tls);

[[nodiscard]] std::unique_ptr<HintAdapter> make_hint(Options options);

}  // namespace etcd

/// From `standby: { etcd: { endpoints, prefix, user, password, tls, lapse_after } }`; the section is
/// the mapping under `etcd`. Connects to nothing yet.
Result<std::unique_ptr<HintAdapter>> make_etcd_hint(config::Section section);

}  // namespace headwater
