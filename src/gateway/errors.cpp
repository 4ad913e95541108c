#include "src/gateway/errors.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "src/json/json.h"

namespace headwater::gateway {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 6> statuses{{{"serve.bad_request", 400},
                                                                    {"serve.unauthorized", 401},
                                                                    {"serve.forbidden", 403},
                                                                    {"stream.beyond_end", 409},
                                                                    {"stream.recreated", 410},
                                                                    {"stream.aged_out", 410}}};

int status_of(const Error& error) {
  const auto* const found =
      std::ranges::find_if(statuses, [&](const auto& each) { return each.first == error.name; });
  return found == statuses.end() ? 503 : found->second;
}

}  // namespace

bool is_about_place(const Error& error) { return status_of(error) != 503; }

std::string to_json(const Error& error) {
  return Json{{"name", error.name}, {"message", error.message}, {"next", error.next}}.dump();
}

serve::Answer error_answer(int status, const Error& error) {
  serve::Answer answer{.status = status, .type = "application/json", .body = to_json(error) + "\n"};
  if (status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

serve::Answer error_answer(const Error& error) { return error_answer(status_of(error), error); }

serve::Answer refuse_in_json(const serve::Refusal& refusal) {
  return error_answer(refusal.status,
                      {.name = refusal.name, .message = refusal.message, .next = refusal.next});
}

Error bad_request(std::string message, std::string next) {
  return {.name = "serve.bad_request", .message = std::move(message), .next = std::move(next)};
}

Error for_client(const Error& error, const std::string& relay) {
  const int status = status_of(error);
  Error told{.remedy = error.remedy, .origin = error.origin, .name = error.name};
  if (status == 503) {
    told.message = "the stream of relay " + relay + " cannot be read now";
    told.next = "try again later; the log of headwater serve says more";
    return told;
  }
  told.message = error.message;
  const std::string whose = "the stream of relay " + relay;
  if (error.name == "stream.beyond_end") {
    told.message = whose + " ends before this place: it has lost its end, or is another one";
  } else if (error.name == "stream.recreated") {
    told.message = whose + " was deleted and created again; this place belongs to the earlier one";
  }
  told.next = status == 400 ? error.next
                            : "start again: GET /streams/" + relay +
                                  "/events?from=earliest; a named consumer first: DELETE "
                                  "/streams/" +
                                  relay + "/consumers/NAME";
  return told;
}

Error aged_out(const std::string& relay, std::uint64_t place, std::uint64_t first) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.aged_out",
          .message = "retention has removed events of relay " + relay + " from " +
                     std::to_string(place) + " on; the first one is " + std::to_string(first)};
}

}  // namespace headwater::gateway
