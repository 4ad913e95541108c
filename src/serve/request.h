// One HTTP/1.1 request: its head, as it is parsed, and its body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/clock.h"

namespace headwater::serve {

struct Request {
  std::string method;
  std::string path;   ///< As sent, without the query: not decoded.
  std::string query;  ///< As sent, without the '?'.
  bool http_1_0 = false;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  SteadyTime arrived{};  ///< When all of it was there.

  /// Null if there is none. `name` in lower case.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

/// `head` is everything before the empty line. Nothing: it is not HTTP/1.
[[nodiscard]] std::optional<Request> parse_head(std::string_view head);

/// The length of the body that the head announces. Nothing: the head is contradictory, or the body
/// has no length of its own (Transfer-Encoding).
[[nodiscard]] std::optional<std::size_t> body_length(const Request& request);

/// Whether the client wants to send more requests on this connection.
[[nodiscard]] bool wants_more(const Request& request);

/// The parameters of a query, decoded: "from=4711&limit=10". Nothing: it is malformed, or has a
/// name twice.
using Parameters = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Parameters> parameters_of(std::string_view query);

}  // namespace headwater::serve
