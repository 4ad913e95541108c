#include "src/hints/etcd/calls.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "src/base/number_in.h"
#include "src/event/encoding.h"

namespace headwater::etcd {
namespace {

std::string base64(const std::string& bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

/// A number that is 0 is absent.
Number number(const Json& object, std::string_view name) {
  return Number(object[name].text().value_or("0"));
}

std::int64_t integer(const Json& object, std::string_view name) {
  return whole_number<std::int64_t>(number(object, name)).value_or(0);
}

Json comparison(const std::string& key, const char* target, const char* member,
                const Number& value) {
  return Json{{"key", base64(key)}, {"target", target}, {"result", "EQUAL"}, {member, value}};
}

/// A transaction of one put after these comparisons. Returns whether they held.
Result<bool> put_if(Gateway& gateway, const Json& compare, Json put, const std::stop_token& stop) {
  Json success = Json::array();
  success.push_back(Json{{"requestPut", std::move(put)}});
  auto answer = gateway.call("/v3/kv/txn", Json{{"compare", compare}, {"success", success}}, stop);
  if (!answer) return failed(answer);
  return (*answer)["succeeded"].boolean().value_or(false);
}

}  // namespace

Result<Entry> read(Gateway& gateway, const std::string& key, const std::stop_token& stop) {
  auto answer = gateway.call("/v3/kv/range", Json{{"key", base64(key)}}, stop);
  if (!answer) return failed(answer);
  const Json& found = (*answer)["kvs"][0];
  return Entry{.mod_revision = number(found, "mod_revision"),
               .lease = number(found, "lease"),
               .value = base64_decoded(found["value"].text().value_or("")).value_or("")};
}

Result<bool> write(Gateway& gateway, const std::string& key, const std::string& value,
                   const Number& lease, const std::optional<Number>& mod_revision,
                   const std::stop_token& stop) {
  Json compare = Json::array();
  if (mod_revision) compare.push_back(comparison(key, "MOD", "mod_revision", *mod_revision));
  return put_if(gateway, compare,
                Json{{"key", base64(key)}, {"value", base64(value)}, {"lease", lease}}, stop);
}

Result<bool> erase(Gateway& gateway, const std::string& key, const std::stop_token& stop) {
  auto answer = gateway.call("/v3/kv/deleterange", Json{{"key", base64(key)}}, stop);
  if (!answer) return failed(answer);
  return integer(*answer, "deleted") > 0;
}

Result<void> check_write(Gateway& gateway, const std::string& key, const std::stop_token& stop) {
  Json never = Json::array();
  never.push_back(comparison(key, "VERSION", "version", "-1"));
  auto answer = put_if(gateway, never, Json{{"key", base64(key)}}, stop);
  if (!answer) return failed(answer);
  return {};
}

Result<Number> grant(Gateway& gateway, std::chrono::seconds lifetime, const std::stop_token& stop) {
  auto answer = gateway.call("/v3/lease/grant", Json{{"TTL", lifetime.count()}}, stop);
  if (!answer) return failed(answer);
  Number lease = number(*answer, "ID");
  if (lease == "0") return fail(not_etcd(gateway.address(), "it granted a lease without an id"));
  return lease;
}

Result<bool> renew(Gateway& gateway, const Number& lease, const std::stop_token& stop) {
  auto answer = gateway.call("/v3/lease/keepalive", Json{{"ID", lease}}, stop);
  if (!answer) {
    // Newer versions answer so.
    if (is_lease_lost(answer.error())) return false;
    return failed(answer);
  }
  return integer(*answer, "TTL") > 0;
}

Result<std::optional<std::chrono::seconds>> unrenewed(Gateway& gateway, const Number& lease,
                                                      const std::stop_token& stop) {
  auto answer = gateway.call("/v3/lease/timetolive", Json{{"ID", lease}}, stop);
  if (!answer) {
    if (is_lease_lost(answer.error())) return std::nullopt;
    return failed(answer);
  }
  const std::int64_t granted = integer(*answer, "grantedTTL");
  if (granted == 0) return std::nullopt;
  // etcd rounds what is left down: of 5 seconds, 4 are left at once, and so it says nothing yet.
  // After a restart or an election of etcd's, more may be left than was granted.
  const std::int64_t passed = granted - integer(*answer, "TTL") - 1;
  return std::chrono::seconds(std::max<std::int64_t>(passed, 0));
}

Result<void> revoke(Gateway& gateway, const Number& lease, const std::stop_token& stop) {
  auto answer = gateway.call("/v3/lease/revoke", Json{{"ID", lease}}, stop);
  if (!answer && !is_lease_lost(answer.error())) return failed(answer);
  return {};
}

}  // namespace headwater::etcd
