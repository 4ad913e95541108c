#include <cstddef>
#include <optional>
#include <variant>

#include "src/event/change.h"
#include "src/event/event.h"
#include "src/event/value.h"

namespace headwater {
namespace {

struct Bytes {
  std::size_t operator()(const Text& text) const { return text.bytes.size(); }
  std::size_t operator()(const Blob& blob) const { return blob.bytes.size(); }
  std::size_t operator()(const Decimal& decimal) const { return decimal.text.size(); }
  std::size_t operator()(const Time& time) const { return time.text.size(); }
  std::size_t operator()(const JsonText& json) const { return json.text.size(); }
  template <class Small>
  std::size_t operator()(const Small& /*value*/) const {
    return 0;
  }
};

std::size_t footprint(const std::optional<Row>& row) { return row ? footprint(*row) : 0; }

}  // namespace

std::size_t bytes_in(const Value& value) { return std::visit(Bytes{}, value); }

std::size_t footprint(const Row& row) {
  if (const auto* document = std::get_if<Document>(&row)) {
    return document->json.size() + document->exact_key.size();
  }
  const TableRow& columns = std::get<TableRow>(row);
  std::size_t bytes = columns.values.size() * sizeof(Value);
  for (const Value& value : columns.values) bytes += bytes_in(value);
  return bytes;
}

std::size_t footprint(const Change& change) {
  return sizeof(Change) + change.id.size() + change.database.size() + change.table.size() +
         change.schema.size() + change.renamed_to.size() + change.other_op.size() +
         change.position.token.size() + change.detail.size() + footprint(change.key) +
         footprint(change.before) + footprint(change.after);
}

std::size_t footprint(const Event& event) {
  return sizeof(Event) + event.id.size() + event.source.text().size() + event.type.text().size() +
         event.subject.size() + event.partition_key.size() + event.data.size() +
         event.position.token.size();
}

std::size_t published_size(const Event& event) {
  // A header may encode each byte as three; plus the names of headers and the constant parts.
  constexpr std::size_t each_byte = 3;
  constexpr std::size_t frame = 1024;
  return event.data.size() + frame +
         each_byte *
             (event.id.size() + event.source.text().size() + event.type.text().size() +
              event.subject.size() + event.partition_key.size() + event.position.token.size());
}

}  // namespace headwater
