#include "testing/rethinkdb/scram_server.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "src/event/encoding.h"
#include "src/rethinkdb/scram.h"

namespace headwater::rethinkdb {
namespace {

tl::unexpected<Refusal> refuse(int code, const char* message) {
  return tl::unexpected(Refusal{.code = code, .message = message});
}
tl::unexpected<Refusal> bad_encoding() { return refuse(10, "Invalid encoding"); }

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

/// What follows "NAME=", up to the next comma; nullopt without it.
std::optional<std::string> attribute(std::string_view message, char name) {
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find(',', at), message.size());
    const std::string_view each = message.substr(at, end - at);
    if (each.size() >= 2 && each[0] == name && each[1] == '=') return std::string(each.substr(2));
    at = end + 1;
  }
  return std::nullopt;
}

std::string unescaped(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const bool comma = name.starts_with("=2C");
    const bool escaped = comma || name.starts_with("=3D");
    text += comma ? ',' : name.front();
    name.remove_prefix(escaped ? 3 : 1);
  }
  return text;
}

}  // namespace

ScramServer::ScramServer(Accounts accounts, std::string nonce)
    : accounts_(std::move(accounts)), nonce_(std::move(nonce)) {}

tl::expected<std::string, Refusal> ScramServer::first(std::string_view client_first) {
  constexpr std::string_view no_channel = "n,,";
  if (!client_first.starts_with(no_channel)) {
    return refuse(15, "Channel binding is not supported");
  }
  client_first.remove_prefix(no_channel.size());
  const auto user = attribute(client_first, 'n');
  const auto nonce = attribute(client_first, 'r');
  if (!user || !nonce) return bad_encoding();
  const auto found = std::ranges::find(accounts_, unescaped(*user), &Account::user);
  known_ = found != accounts_.end();
  if (known_) account_ = *found;
  nonce_ = *nonce + nonce_;
  const std::string challenge =
      "r=" + nonce_ + ",s=" + base64(account_.salt) + ",i=" + std::to_string(account_.iterations);
  said_ = std::string(client_first) + "," + challenge;
  return challenge;
}

tl::expected<std::string, Refusal> ScramServer::last(std::string_view client_final) {
  if (!known_) return refuse(17, "Unknown user");
  const auto channel = attribute(client_final, 'c');
  const auto nonce = attribute(client_final, 'r');
  const auto proof = attribute(client_final, 'p');
  if (!nonce || !proof || channel != "biws") return bad_encoding();
  if (nonce != nonce_) return refuse(20, "Other error");
  said_ += "," + std::string(client_final.substr(0, client_final.find(",p=")));
  const std::string salted = salted_password(account_.password, account_.salt, account_.iterations);
  const std::string client_key = hmac_sha256(salted, "Client Key");
  const std::string right = exclusive_or(client_key, hmac_sha256(sha256(client_key), said_));
  if (proof != base64(right)) return refuse(12, "Wrong password");
  return "v=" + base64(hmac_sha256(hmac_sha256(salted, "Server Key"), said_));
}

}  // namespace headwater::rethinkdb
