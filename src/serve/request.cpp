#include "src/serve/request.h"

#include <algorithm>
#include <cctype>

#include "src/base/number_in.h"
#include "src/event/encoding.h"

namespace headwater::serve {
namespace {

std::string lower(std::string_view text) {
  std::string all(text);
  for (char& c : all) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return all;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "GET /metrics?a=b HTTP/1.1".
bool parse_line(std::string_view line, Request& request) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  const bool is_request = method_end != std::string_view::npos && method_end > 0 &&
                          target_end > method_end + 1 &&
                          line.substr(target_end).starts_with(" HTTP/1.");
  if (!is_request) return false;
  request.method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  request.http_1_0 = line.ends_with("/1.0");
  return true;
}

/// A name with a blank in it, or before it, could mean one header to a proxy and another here.
bool parse_header(std::string_view line, Request& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos) return false;
  request.headers.emplace_back(lower(name), trimmed(line.substr(colon + 1)));
  return true;
}

}  // namespace

const std::string* Request::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [name](const auto& each) { return each.first == name; });
  return found == headers.end() ? nullptr : &found->second;
}

std::optional<Request> parse_head(std::string_view head) {
  Request request;
  std::size_t end = head.find("\r\n");
  if (!parse_line(head.substr(0, end), request)) return std::nullopt;
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    if (!parse_header(head.substr(0, end), request)) return std::nullopt;
  }
  return request;
}

std::optional<std::size_t> body_length(const Request& request) {
  std::optional<std::size_t> length;
  for (const auto& [name, value] : request.headers) {
    if (name == "transfer-encoding") return std::nullopt;
    if (name != "content-length") continue;
    const auto given = whole_number<std::size_t>(value);
    if (!given || length.value_or(*given) != *given) return std::nullopt;
    length = given;
  }
  return length.value_or(0);
}

bool wants_more(const Request& request) {
  const std::string* const connection = request.header("connection");
  const std::string words = connection == nullptr ? std::string() : lower(*connection);
  if (words.find("close") != std::string::npos) return false;
  return !request.http_1_0 || words.find("keep-alive") != std::string::npos;
}

std::optional<Parameters> parameters_of(std::string_view query) {
  Parameters all;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    std::string name(one.substr(0, equals));
    const bool twice =
        std::ranges::any_of(all, [&](const auto& each) { return each.first == name; });
    if (twice) return std::nullopt;
    all.emplace_back(std::move(name), with_percents_decoded(one.substr(equals + 1)));
  }
  return all;
}

}  // namespace headwater::serve
