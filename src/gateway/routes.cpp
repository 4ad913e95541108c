#include "src/gateway/routes.h"

#include <optional>
#include <string_view>
#include <utility>

#include "src/event/encoding.h"
#include "src/gateway/errors.h"
#include "src/gateway/live.h"
#include "src/gateway/page.h"
#include "src/gateway/place.h"
#include "src/json/json.h"

namespace headwater::gateway {
namespace {

using ReplyPtr = std::unique_ptr<serve::Reply>;

constexpr const char* paths =
    "the paths are /streams, /streams/RELAY/events, /streams/RELAY/live and "
    "/streams/RELAY/consumers/NAME";

/// Takes "/part" off the path. Nothing: there is none.
std::optional<std::string> take_part(std::string_view& path) {
  if (!path.starts_with('/')) return std::nullopt;
  const std::string_view part = path.substr(1, path.substr(1).find('/'));
  path.remove_prefix(1 + part.size());
  return with_percents_decoded(part);
}

ReplyPtr ready(const serve::Request& request, bool keeps, const serve::Answer& answer) {
  return std::make_unique<serve::ReadyReply>(answer, request.method != "HEAD", keeps);
}

ReplyPtr refused(const serve::Request& request, bool keeps, int status, std::string name,
                 std::string message, std::string next) {
  // Whoever may not do this must not hold a connection with requests and answers it does not read.
  const bool may_ask = status != 401 && status != 403;
  return ready(request, keeps && may_ask,
               error_answer(status, {.name = std::move(name),
                                     .message = std::move(message),
                                     .next = std::move(next)}));
}

ReplyPtr not_found(const serve::Request& request, bool keeps) {
  return refused(request, keeps, 404, "serve.not_found", "there is nothing at this path", paths);
}

ReplyPtr not_allowed(const serve::Request& request, bool keeps, const std::string& methods) {
  auto answer = error_answer(405, {.name = "serve.method_not_allowed",
                                   .message = "this path is not for this method",
                                   .next = "use " + methods});
  answer.headers.emplace_back("Allow", methods);
  return ready(request, keeps, answer);
}

bool reads(const serve::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// The body of GET /streams/R/live never ends.
ReplyPtr live_head(bool keeps) {
  return std::make_unique<serve::ReadyReply>(
      serve::Answer{.status = 200, .type = "text/event-stream"}, false, keeps);
}

}  // namespace

ReplyPtr Routes::reply_to(const serve::Request& request, bool keeps) const {
  if (!access_.names_this_machine(request)) {
    return refused(request, keeps, 403, "serve.other_host",
                   "without tokens, only requests to this machine's own name are served",
                   "connect to 127.0.0.1 or localhost, or set serve.tokens");
  }
  const Rights* const rights = access_.rights_of(request);
  if (request.path == "/healthz" && reads(request)) {
    return ready(request, keeps && rights != nullptr, {.type = serve::plain_text, .body = "ok\n"});
  }
  if (rights == nullptr) {
    return refused(request, keeps, 401, "serve.unauthorized", "this needs a valid token",
                   "send one of serve.tokens: Authorization: Bearer TOKEN");
  }
  if (request.path == "/streams" || request.path == "/streams/") {
    return of_streams(request, keeps, *rights);
  }
  return of_stream(request, keeps, *rights);
}

ReplyPtr Routes::of_streams(const serve::Request& request, bool keeps, const Rights& rights) const {
  if (!reads(request)) return not_allowed(request, keeps, "GET, HEAD");
  Json list = Json::array();
  for (const auto& [relay, feed] : feeds_) {
    if (!rights.may_read(relay)) continue;
    const std::string path = "/streams/" + relay;
    list.push_back(Json{{"relay", relay},
                        {"rights", rights.may_consume ? "consume" : "read"},
                        {"events", path + "/events"},
                        {"live", path + "/live"}});
  }
  const Json all{{"streams", std::move(list)}};
  return ready(request, keeps, {.type = "application/json", .body = all.dump() + "\n"});
}

ReplyPtr Routes::of_stream(const serve::Request& request, bool keeps, const Rights& rights) const {
  std::string_view path = request.path;
  const auto root = take_part(path);
  const auto relay = take_part(path);
  const auto what = take_part(path);
  const auto consumer = take_part(path);
  const bool is_place = what == "consumers" && consumer && path.empty();
  const bool is_path = root == "streams" && relay && what && path.empty() &&
                       (is_place || ((what == "events" || what == "live") && !consumer));
  if (!is_path) return not_found(request, keeps);
  // Also for a relay that does not exist: nobody can find out names.
  if (!rights.may_read(*relay)) {
    return refused(
        request, keeps, 403, "serve.forbidden", "this token may not read this relay",
        "use a token with the relay in its relays; GET /streams lists those of this one");
  }
  const auto feed = feeds_.find(*relay);
  if (feed == feeds_.end()) {
    return refused(request, keeps, 404, "serve.unknown_relay", "there is no such relay",
                   "GET /streams lists the relays");
  }
  const bool changes = is_place && (request.method == "PUT" || request.method == "DELETE");
  if (!changes && !reads(request)) {
    return not_allowed(request, keeps, is_place ? "GET, HEAD, PUT, DELETE" : "GET, HEAD");
  }
  if (changes && !rights.may_consume) {
    return refused(request, keeps, 403, "serve.forbidden",
                   "this token may read, but not change a consumer's place",
                   "use a token with rights: consume");
  }
  const auto parameters = serve::parameters_of(request.query);
  auto made = [&]() -> Made {
    if (!parameters)
      return fail(bad_request("the query is malformed", "send NAME=VALUE&…, each once"));
    if (is_place) return of_place(request, keeps, *feed->second, *consumer);
    if (what == "events") {
      auto query = page_query(request, *parameters);
      if (!query) return failed(query);
      query->keeps = keeps;
      return std::make_unique<PageReply>(*feed->second, *std::move(query), request.arrived);
    }
    auto start = live_start(request, *parameters);
    if (!start) return failed(start);
    if (request.method == "HEAD") return live_head(keeps);
    return std::make_unique<LiveReply>(*feed->second, *std::move(start), request.arrived);
  }();
  if (!made) return ready(request, keeps, error_answer(made.error()));
  return *std::move(made);
}

Routes::Made Routes::of_place(const serve::Request& request, bool keeps, Feed& feed,
                              const std::string& consumer) {
  auto query = place_query(request, consumer);
  if (!query) return failed(query);
  query->keeps = keeps;
  return std::make_unique<PlaceReply>(feed, *std::move(query));
}

}  // namespace headwater::gateway
