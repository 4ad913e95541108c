#include "src/sources/rethinkdb/journal/stored_function.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/event/json_scan.h"
#include "src/rethinkdb/compact_json.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::string_view prefix = "$reql_write_hook_function$";

Error foreign(std::string_view why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.foreign_hook",
          .message = "the table has a write hook that Headwater cannot call: " + std::string(why),
          .next =
              "take it away with set_write_hook(null) and do its work in the service, or rewrite "
              "it in ReQL"};
}

/// Takes bytes off the front; nothing if there are too few.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string_view> take(std::size_t count) {
    if (bytes_.size() < count) return std::nullopt;
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  /// The lowest byte first.
  std::optional<std::uint64_t> number(std::size_t size) {
    const auto taken = take(size);
    if (!taken) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t at = size; at-- > 0;)
      number = number << 8U | static_cast<unsigned char>((*taken)[at]);
    return number;
  }

 private:
  std::string_view bytes_;
};

/// One of the server's types, by its number.
std::optional<TermType> type_in(std::string_view json) {
  int number = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), number);
  if (read.ec != std::errc() || read.ptr != json.data() + json.size()) return std::nullopt;
  return static_cast<TermType>(number);
}

std::optional<Term> term_in(std::string_view json);

std::optional<Options> options_in(std::string_view json) {
  const auto members = json_parts(json);
  if (!members) return std::nullopt;
  Options options;
  for (const JsonPart& each : *members) {
    auto term = term_in(each.value);
    if (!term) return std::nullopt;
    options.emplace_back(json_unescaped(each.name), *term);
  }
  return options;
}

std::optional<std::vector<Term>> arguments_in(std::string_view json) {
  const auto elements = json_parts(json);
  if (!elements) return std::nullopt;
  std::vector<Term> arguments;
  for (const JsonPart& each : *elements) {
    auto term = term_in(each.value);
    if (!term) return std::nullopt;
    arguments.push_back(*std::move(term));
  }
  return arguments;
}

/// [type, [arguments], {options}, a number for messages], of which arguments and options may be left
/// out; a value is [1, value, …], an object [3, {members}, …].
std::optional<Term> term_in(std::string_view json) {
  constexpr auto datum = static_cast<TermType>(1);
  constexpr auto object = static_cast<TermType>(3);
  const auto parts = json_parts(json);
  if (!parts || !json.starts_with('[') || parts->size() < 2) return std::nullopt;
  const auto type = type_in((*parts)[0].value);
  if (!type) return std::nullopt;
  if (*type == datum) return Term::value((*parts)[1].value);
  std::vector<Term> arguments;
  Options options;
  for (std::size_t at = 1; at + 1 < parts->size(); ++at) {
    const std::string_view part = (*parts)[at].value;
    auto more = part.starts_with('[') ? arguments_in(part) : std::optional(std::vector<Term>());
    auto named = part.starts_with('{') ? options_in(part) : std::optional(Options());
    if (!more || !named) return std::nullopt;
    if (part.starts_with('[')) arguments = *std::move(more);
    if (part.starts_with('{')) options = *std::move(named);
  }
  if (*type == object) return Term::object(options);
  return Term::call(*type, arguments, options);
}

}  // namespace

Result<Term> function_in(std::string_view binary) {
  Bytes bytes(binary);
  if (bytes.take(prefix.size()) != prefix)
    return fail(foreign("it has another form than those of RethinkDB 2.4"));
  constexpr std::size_t of_the_scope =
      5;  // no variables of outside, and not inside another function
  const auto kind = bytes.number(1);
  const auto scope = bytes.number(of_the_scope);
  const auto count = bytes.number(1);
  if (kind != 0) return fail(foreign("it is in JavaScript"));
  if (scope != 0 || count != 3) return fail(foreign("it is not a function of three values"));
  std::vector<int> variables;
  for (std::uint64_t at = 0; at < *count; ++at) {
    const auto name = bytes.number(sizeof(std::uint64_t));
    if (!name || *name > 1'000'000'000) return fail(foreign("its variables have unusual numbers"));
    variables.push_back(static_cast<int>(*name));
  }
  const auto size = bytes.number(sizeof(std::uint32_t));
  const auto body = size && *size > 0 ? bytes.take(*size - 1) : std::nullopt;  // without its NUL
  if (!body || end_of_compact_json(*body, 0) != body->size())
    return fail(foreign("its body is not JSON"));
  auto term = term_in(*body);
  if (!term) return fail(foreign("its body is not a term"));
  return func(variables, *term);
}

}  // namespace headwater::rethinkdb
