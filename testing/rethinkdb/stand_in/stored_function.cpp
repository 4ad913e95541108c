#include "testing/rethinkdb/stand_in/stored_function.h"

#include <cstdint>
#include <set>
#include <utility>

#include "src/json/json.h"
#include "testing/rethinkdb/stand_in/term_number.h"

namespace headwater::rethinkdb::stand_in {
namespace {

void append_number(std::string& to, std::int64_t value, int bytes) {
  for (int at = 0; at < bytes; ++at) {
    to += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * static_cast<unsigned>(at)));
  }
}

std::int64_t take_number(std::string_view& from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < bytes; ++at) {
    value |= std::uint64_t{static_cast<unsigned char>(from[at])} << (8 * at);
  }
  from.remove_prefix(bytes);
  return static_cast<std::int64_t>(value);
}

/// No variables of an outer scope, then the number of its own.
constexpr std::size_t head = 6;
/// No implicit variable, then the place of the function in its query.
constexpr std::size_t tail = 5;

}  // namespace

std::string stored_function(std::string_view prefix, const Node& function, std::string_view last) {
  std::string bytes(prefix);
  bytes.append(head, '\0');
  append_number(bytes, static_cast<std::int64_t>(function.variables.size()), 1);
  for (const int each : function.variables) append_number(bytes, each, 8);
  const std::string body = with_places(*function.arguments.front());
  append_number(bytes, static_cast<std::int64_t>(body.size() + 1), 4);
  bytes.append(body.c_str(), body.size() + 1);
  bytes.append(tail, '\0');
  return bytes += last;
}

std::optional<StoredFunction> function_of(std::string_view prefix, std::string_view bytes) {
  if (!bytes.starts_with(prefix)) return std::nullopt;
  bytes.remove_prefix(prefix.size());
  if (bytes.size() < head + 1) return std::nullopt;
  bytes.remove_prefix(head);
  const auto count = static_cast<std::size_t>(take_number(bytes, 1));
  if (bytes.size() < count * 8 + 4) return std::nullopt;
  Node function{.type = term::func};
  while (function.variables.size() < count) {
    function.variables.push_back(static_cast<int>(take_number(bytes, 8)));
  }
  const auto size = static_cast<std::size_t>(static_cast<std::uint32_t>(take_number(bytes, 4)));
  if (size == 0 || bytes.size() < size + tail) return std::nullopt;
  const auto body = Json::parse(bytes.substr(0, size - 1));
  if (!body) return std::nullopt;
  function.arguments.push_back(
      parse_term(*body, std::set<int>(function.variables.begin(), function.variables.end())));
  return StoredFunction{.function = std::make_shared<const Node>(std::move(function)),
                        .last = std::string(bytes.substr(size + tail))};
}

}  // namespace headwater::rethinkdb::stand_in
