#include "src/hints/etcd/gateway.h"

#include <algorithm>
#include <utility>

#include "src/base/one_line.h"

namespace headwater::etcd {
namespace {

// More would make a call too long. The next call begins with the member after them.
constexpr std::size_t most_members_a_call = 2;

Error hint_error(Error error, const Endpoint& endpoint) {
  if (error.name == "http.untrusted") {
    return away(endpoint.address, error.message,
                "correct standby.etcd.tls.ca, or the name in standby.etcd.endpoints");
  }
  if (error.name == "http.no_answer") {
    // A server that wants a certificate closes the connection.
    return away(endpoint.address, error.message,
                endpoint.tls ? "start etcd, or correct standby.etcd.endpoints or standby.etcd.tls"
                             : "start etcd, or correct standby.etcd.endpoints (https:// if etcd "
                               "speaks TLS)");
  }
  error.remedy = Remedy::retry;
  error.name = error.name == "http.stopped" ? "hint.stopped" : "hint.bad_certificate";
  return error;
}

/// An error has a `code`; a stream of answers has each in a `result`.
std::optional<Complaint> complaint_in(const Json& json) {
  const Json& error = json["error"].is_object() ? json["error"] : json;
  const auto code = error.contains("code") ? error["code"].integer() : error["grpc_code"].integer();
  if (!code) return std::nullopt;
  return Complaint{.code = static_cast<int>(*code),
                   .message = one_line(error["message"].text().value_or("no reason given"))};
}

}  // namespace

Gateway::Gateway(const Options& options) : options_(&options), clients_(options.endpoints.size()) {}

const std::string& Gateway::address() const { return options_->endpoints[member_].address; }

Result<Json> Gateway::call(const std::string& path, const Json& body, const std::stop_token& stop) {
  for (bool may_log_in = !options_->user.empty();; may_log_in = false) {
    if (auto ready = log_in(stop); !ready) return failed(ready);
    auto reply = ask(path, body, stop);
    if (!reply) return failed(reply);
    if (!reply->complaint) return std::move(reply->json);
    if (!may_log_in || !wants_login(*reply->complaint)) {
      return fail(complained(address(), options_->user, *reply->complaint));
    }
    // The token has expired, or etcd was restarted, or its users were changed.
    token_.reset();
  }
}

Result<std::string> Gateway::version(const std::stop_token& stop) {
  auto reply = ask("/version", std::nullopt, stop);
  if (!reply) return failed(reply);
  const auto version = reply->json["etcdserver"].text();
  if (!version) return fail(not_etcd(address(), "/version does not name one"));
  return one_line(*version);
}

Result<void> Gateway::log_in(const std::stop_token& stop) {
  if (options_->user.empty() || token_) return {};
  auto reply = ask("/v3/auth/authenticate",
                   Json{{"name", options_->user}, {"password", options_->password}}, stop);
  if (!reply) return failed(reply);
  if (reply->complaint && !has_no_users(*reply->complaint)) {
    return fail(complained(address(), options_->user, *reply->complaint));
  }
  token_ = reply->json["token"].text().value_or("");
  return {};
}

Result<Gateway::Reply> Gateway::ask(const std::string& path, const std::optional<Json>& body,
                                    const std::stop_token& stop) {
  const std::size_t members = std::min(clients_.size(), most_members_a_call);
  for (std::size_t tried = 1;; ++tried) {
    auto reply = ask_member(path, body, stop);
    if (reply || !is_away(reply.error())) return reply;
    if (tried == members) {
      member_ = (member_ + 1) % clients_.size();
      return reply;
    }
    member_ = (member_ + 1) % clients_.size();
  }
}

Result<Gateway::Reply> Gateway::ask_member(const std::string& path, const std::optional<Json>& body,
                                           const std::stop_token& stop) {
  const auto answer = exchange(path, body, stop);
  if (!answer) return fail(hint_error(answer.error(), options_->endpoints[member_]));
  const auto json = Json::parse(answer->body);
  if (!json || !json->is_object()) {
    return fail(not_etcd(address(), "status " + std::to_string(answer->status)));
  }
  Reply reply{.json = json->contains("result") ? (*json)["result"] : *json,
              .complaint = complaint_in(*json)};
  if (reply.complaint) {
    if (Error error = complained(address(), options_->user, *reply.complaint); is_away(error)) {
      return fail(std::move(error));
    }
  } else if (answer->status != 200) {
    return fail(not_etcd(address(), "status " + std::to_string(answer->status)));
  }
  return reply;
}

Result<http::Answer> Gateway::exchange(const std::string& path, const std::optional<Json>& body,
                                       const std::stop_token& stop) {
  const Endpoint& endpoint = options_->endpoints[member_];
  std::optional<http::Client>& client = clients_[member_];
  if (!client) {
    auto created = http::Client::create(endpoint.address,
                                        endpoint.tls ? std::optional(options_->tls) : std::nullopt,
                                        options_->patience);
    if (!created) return failed(created);
    client.emplace(*std::move(created));
  }
  if (!body) return client->get(path, {}, stop);
  http::Headers headers{{"Content-Type", "application/json"}};
  if (token_ && !token_->empty()) headers.emplace_back("Authorization", *token_);
  return client->post(path, headers, body->dump(), stop);
}

}  // namespace headwater::etcd
