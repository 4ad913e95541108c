#include "src/shape/shape.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "src/event/data_json.h"
#include "src/event/json_text.h"

namespace headwater {
namespace {

void append_key_value(std::string& to, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) append_json_integer(to, *integer);
  if (const auto* real = std::get_if<double>(&value)) append_json_real(to, *real);
  if (const auto* text = std::get_if<Text>(&value)) {
    to += text_sign;
    append_percent_encoded(to, text->bytes);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    to += blob_sign;
    append_percent_encoded(to, blob->bytes);
  }
}

/// No other key of the table has the same.
std::string exact_key(const Row& key) {
  std::string exact = key.exact_key;
  for (std::size_t at = 0; at < key.values.size(); ++at) {
    if (at > 0) exact += '/';
    append_key_value(exact, key.values[at]);
  }
  return exact;
}

std::string without_signs(std::string key) {
  std::erase_if(key, [](char c) { return c == text_sign || c == blob_sign; });
  return key;
}

std::string type_of(const Change& change) {
  std::string type = change.database;
  if (!change.table.empty()) {
    type += '.';
    type += change.table;
  }
  type += '.';
  type += word_for(change);
  return type;
}

}  // namespace

Result<Event> shape(const Change& change, const std::string& source) {
  Event event{.id = change.id,
              .source = source,
              .type = type_of(change),
              .subject = {},
              .partition_key = {},
              .time = change.time,
              .data = data_json(change)};
  append_percent_encoded(event.partition_key,
                         change.table.empty() ? change.database : change.table);
  if (!change.key.absent()) {
    std::string key = exact_key(change.key);
    event.partition_key += '/';
    event.partition_key += key;
    event.subject = without_signs(std::move(key));
  }
  return event;
}

}  // namespace headwater
