#include "src/hints/etcd/inspect.h"

#include <utility>

#include "src/base/one_line.h"
#include "src/hints/etcd/calls.h"
#include "src/hints/etcd/gateway.h"
#include "src/json/json.h"

namespace headwater::etcd {
namespace {

Finding answers(const Gateway& gateway, const std::string& version) {
  return {.what = "etcd " + gateway.address() + ": answers, version " + version};
}

std::string word(const Json& json, const char* name) {
  const Json& value = json[name];
  if (const auto number = value.integer()) return std::to_string(*number);
  return one_line(value.text().value_or("?"));
}

Result<Finding> holder(Gateway& gateway, const Entry& entry) {
  if (!entry.is_there()) return Finding{.what = "standby: nobody holds the claim to lead"};
  const Json value = Json::parse(entry.value).value_or(Json());
  const std::string who = "standby: process " + word(value, "pid") + " on " + word(value, "host") +
                          " holds the claim to lead, since " + word(value, "since");
  if (entry.lease == "0") {
    return Finding{.kind = Finding::Kind::note,
                   .what = who + "; the key has no lease, so somebody else wrote it",
                   .next = "a standby replaces it; or delete it: etcdctl del KEY"};
  }
  auto silent = unrenewed(gateway, entry.lease, {});
  if (!silent) return failed(silent);
  if (!*silent) return Finding{.what = who + "; its lease has just ended"};
  return Finding{.what = who + ", renewed less than " + std::to_string((*silent)->count() + 1) +
                         " s ago"};
}

}  // namespace

Report inspect_reachable(const Options& options) {
  Gateway gateway(options);
  auto version = gateway.version({});
  if (version) return {answers(gateway, *version)};
  return {{.kind = Finding::Kind::note,
           .what = version.error().message + "; until it answers, a standby waits for "
                                             "takeover_after",
           .next = version.error().next}};
}

Report inspect(const Options& options, const std::string& key) {
  Gateway gateway(options);
  const auto version = gateway.version({});
  if (!version) return {problem(version.error())};
  Report report{answers(gateway, *version)};
  const auto entry = read(gateway, key, {});
  if (!entry) return report.push_back(problem(entry.error())), report;
  if (auto allowed = check_write(gateway, key, {}); !allowed) {
    report.push_back(problem(allowed.error()));
    return report;
  }
  report.push_back({.what = "standby: key " + key + " may be read and written"});
  auto held = holder(gateway, *entry);
  report.push_back(held ? *std::move(held) : problem(held.error()));
  return report;
}

}  // namespace headwater::etcd
