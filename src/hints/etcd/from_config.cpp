// In its own file, so that only programs that read a configuration need that library.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/address.h"
#include "src/config/tls.h"
#include "src/hints/etcd/etcd.h"

namespace headwater {
namespace etcd {
namespace {

constexpr std::uint16_t usual_port = 2379;
constexpr std::chrono::seconds longest_lapse{3'600};

Error bad_endpoint(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.bad_value",
          .message = why,
          .next = "write it as 10.0.0.7:2379 or https://etcd.example:2379"};
}

std::vector<Endpoint> read_endpoints(config::Section& section, bool tls) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : section.addresses("endpoints")) {
    if (auto parsed = parse_endpoint(text, tls)) {
      if (tls && !parsed->tls) section.complain("tls", "is not for an endpoint with http://");
      endpoints.push_back(*std::move(parsed));
    } else {
      section.complain("endpoints", parsed.error().message + "; " + parsed.error().next);
    }
  }
  return endpoints;
}

void read_lapse(config::Section& section, Options& options) {
  const Milliseconds lapse = section.duration("lapse_after").value_or(options.lapse_after);
  options.lapse_after = std::chrono::floor<std::chrono::seconds>(lapse);
  const bool whole = options.lapse_after == lapse;
  if (!whole || options.lapse_after.count() < 1 || options.lapse_after > longest_lapse) {
    section.complain("lapse_after", "must be whole seconds, from 1s to 1h");
  }
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& text, bool tls) {
  Endpoint endpoint{.tls = tls};
  std::string_view rest = text;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    endpoint.tls = rest.starts_with("https://");
    if (!endpoint.tls && !rest.starts_with("http://")) {
      return fail(bad_endpoint("begins with neither http:// nor https://"));
    }
    rest.remove_prefix(scheme + 3);
  }
  const auto address = split_address(rest);
  if (!address) return fail(bad_endpoint(address.error()));
  if (!address->login.empty()) return fail(bad_endpoint("has a user, which is a key of its own"));
  if (!address->path.empty()) return fail(bad_endpoint("has a path"));
  const bool bare = address->host.find(':') == std::string_view::npos;
  const std::string host(address->host);
  endpoint.address =
      (bare ? host : "[" + host + "]") + ":" + std::to_string(address->port.value_or(usual_port));
  return endpoint;
}

}  // namespace etcd

Result<std::unique_ptr<HintAdapter>> make_etcd_hint(config::Section section) {
  etcd::Options options;
  options.endpoints = etcd::read_endpoints(section, section.has("tls"));
  options.tls = config::read_tls<http::Tls>(section);
  options.user = section.text_or("user", "");
  options.password = section.text_or("password", "");
  if (options.user.empty() && !options.password.empty())
    section.complain("password", "has no user");
  options.prefix = section.text_or("prefix", options.prefix);
  if (options.prefix.empty() || options.prefix.ends_with('/')) {
    section.complain("prefix", "must not be empty, nor end with a /");
  }
  etcd::read_lapse(section, options);
  if (auto ok = section.finish(); !ok) return failed(ok);
  return etcd::make_hint(std::move(options));
}

}  // namespace headwater
