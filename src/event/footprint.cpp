#include <cstddef>
#include <variant>

#include "src/event/change.h"
#include "src/event/event.h"
#include "src/event/value.h"

namespace headwater {

std::size_t footprint(const Row& row) {
  std::size_t bytes =
      row.values.size() * sizeof(Value) + row.document.size() + row.exact_key.size();
  for (const Value& value : row.values) {
    if (const auto* text = std::get_if<Text>(&value)) bytes += text->bytes.size();
    if (const auto* blob = std::get_if<Blob>(&value)) bytes += blob->bytes.size();
  }
  return bytes;
}

std::size_t footprint(const Change& change) {
  std::size_t bytes = sizeof(Change) + change.id.size() + change.database.size() +
                      change.table.size() + change.position.token.size() + change.detail.size() +
                      footprint(change.key);
  if (change.before) bytes += footprint(*change.before);
  if (change.after) bytes += footprint(*change.after);
  return bytes;
}

std::size_t footprint(const Event& event) {
  return sizeof(Event) + event.id.size() + event.source.size() + event.type.text().size() +
         event.subject.size() + event.partition_key.size() + event.data.size() +
         event.position.token.size();
}

std::size_t published_size(const Event& event) {
  // A header may write each byte as three; names of headers and what is always the same.
  constexpr std::size_t each_byte = 3;
  constexpr std::size_t frame = 1024;
  return event.data.size() + frame +
         each_byte *
             (event.id.size() + event.source.size() + event.type.text().size() +
              event.subject.size() + event.partition_key.size() + event.position.token.size());
}

}  // namespace headwater
