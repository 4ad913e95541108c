#include "src/event/event_type.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_text.h"

namespace headwater {
namespace {

constexpr char32_t bmp_nonfirst = 0xFDD0;
constexpr char32_t bmp_nonlast = 0xFDEF;

/// Characters that CloudEvents 1.0.2 excludes from a String: control characters and noncharacters.
bool is_forbidden(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
         (point >= bmp_nonfirst && point <= bmp_nonlast) || (point & 0xFFFEU) == 0xFFFEU;
}

struct Character {
  char32_t point = 0;
  std::size_t bytes = 1;
};

/// The first character of UTF-8 text.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return {lead, 1};
  const std::size_t bytes = lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  char32_t point = lead & (0xFFU >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) point = point << 6U | (byte(at) & 0x3FU);
  return {point, bytes};
}

/// A table's name may contain dots, because it is between the first and the last dot of the text.
/// With a schema, neither name does.
void append_name(std::string& to, std::string_view name, bool points) {
  if (!is_utf8(name)) return append_percent_encoded(to, name, points ? "" : ".");
  while (!name.empty()) {
    const Character first = first_of(name);
    const std::string_view bytes = name.substr(0, first.bytes);
    const bool plain = bytes != "%" && (points || bytes != ".") && !is_forbidden(first.point);
    if (plain) {
      to += bytes;
    } else {
      append_percent_bytes(to, bytes);
    }
    name.remove_prefix(first.bytes);
  }
}

constexpr std::string_view dot = "%2E";
constexpr std::string_view percent = "%25";

bool begins_escape(std::string_view text) {
  return text.starts_with(dot) || text.starts_with(percent);
}

void append_words(std::string& to, std::string_view name, bool points) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '.' && !points) {
      to += dot;
    } else if (begins_escape(name.substr(at))) {
      to += percent;
    } else {
      to += name[at];
    }
  }
}

/// Those of a table's name as it is in a type.
std::string words_from(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return with_percents_decoded(name);
  std::string words;
  while (!name.empty()) {
    const std::string_view next = name.substr(0, name[0] == '%' ? percent.size() : 1);
    name.remove_prefix(next.size());
    const bool doubled = next == percent && (name.starts_with("2E") || name.starts_with("25"));
    if (next == dot || doubled) {
      words += next;
    } else {
      append_percents_decoded(words, next);
    }
  }
  return words;
}

}  // namespace

std::string table_words(std::string_view schema, std::string_view table) {
  if (schema.empty() && table.find('.') == std::string_view::npos) return std::string(table);
  std::string words;
  if (!schema.empty()) {
    append_words(words, schema, false);
    words += '.';
  }
  append_words(words, table, schema.empty());
  return words;
}

EventType::EventType(Names names) {
  if (!names.whole_database) names.words = table_words(names.schema, names.table);
  std::string& text = names.text;
  text.reserve(names.database.size() + names.schema.size() + names.table.size() +
               names.operation.size() + 3);
  append_name(text, names.database, false);
  if (!names.schema.empty()) append_name(text += '.', names.schema, false);
  if (!names.whole_database) append_name(text += '.', names.table, names.schema.empty());
  text.append(".").append(names.operation);
  names_ = std::make_shared<const Names>(std::move(names));
}

EventType::EventType(std::string database, const std::optional<std::string>& table,
                     std::string operation)
    : EventType(Names{.database = std::move(database),
                      .schema = {},
                      .table = table.value_or(""),
                      .operation = std::move(operation),
                      .whole_database = !table,
                      .words = {},
                      .text = {}}) {}

EventType::EventType(std::string database, std::string schema, std::string table,
                     std::string operation)
    : EventType(Names{.database = std::move(database),
                      .schema = std::move(schema),
                      .table = std::move(table),
                      .operation = std::move(operation),
                      .whole_database = false,
                      .words = {},
                      .text = {}}) {}

const EventType::Names& EventType::names() const {
  static const Names none;
  return names_ ? *names_ : none;
}

EventType EventType::parse(std::string_view text) {
  Names names;
  names.text = text;
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  if (first == std::string_view::npos) {
    names.operation = text;
  } else {
    names.database = with_percents_decoded(text.substr(0, first));
    names.operation = text.substr(last + 1);
    names.whole_database = first == last;
    if (first != last) {
      names.table = names.words = words_from(text.substr(first + 1, last - first - 1));
    }
  }
  EventType type;
  type.names_ = std::make_shared<const Names>(std::move(names));
  return type;
}

}  // namespace headwater
