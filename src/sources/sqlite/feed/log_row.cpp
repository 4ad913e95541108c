#include "src/sources/sqlite/feed/log_row.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::sqlite {
namespace {

void append_word(std::string& to, std::uint64_t word) {
  std::array<char, 8> bytes{};
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(word >> (8 * i) & 255U);
  to.append(bytes.data(), bytes.size());
}

void append_word(std::string& to, std::int64_t word) {
  append_word(to, static_cast<std::uint64_t>(word));
}

struct AppendValue {
  std::string& to;

  void operator()(std::monostate) const { to += 'n'; }
  void operator()(std::int64_t value) const { append_word(to += 'i', value); }
  void operator()(double value) const {
    append_word(to += 'r', std::bit_cast<std::uint64_t>(value));
  }
  void operator()(const Text& text) const { append_bytes('t', text.bytes); }
  void operator()(const Blob& blob) const { append_bytes('b', blob.bytes); }
  template <class Other>
  void operator()(const Other& /*value*/) const {
    unreachable("SQLite has five types");
  }

  void append_bytes(char kind, const std::string& bytes) const {
    to += kind;
    append_word(to, std::uint64_t{bytes.size()});
    to += bytes;
  }
};

}  // namespace

std::uint64_t size_of(const Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) return text->bytes.size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return sizeof(std::int64_t);
}

Value value_of(const Statement& row, int column) {
  switch (row.type(column)) {
    case SQLITE_INTEGER:
      return row.integer(column);
    case SQLITE_FLOAT:
      return row.real(column);
    case SQLITE_TEXT:
      return Text{std::string(row.bytes(column))};
    case SQLITE_BLOB:
      return Blob{std::string(row.bytes(column))};
    default:
      return std::monostate{};
  }
}

void Fingerprint::begin(std::int64_t seq, std::int64_t shape, std::int64_t op, std::int64_t time) {
  bytes_.clear();
  append_word(bytes_, seq);
  append_word(bytes_, shape);
  append_word(bytes_, op);
  append_word(bytes_, time);
}

void Fingerprint::add(std::span<const Value> values) {
  for (const Value& value : values) std::visit(AppendValue{bytes_}, value);
}

std::uint64_t Fingerprint::end() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

std::vector<Value> key_of(const FeedShape& shape, std::span<const Value> image) {
  std::vector<Value> key;
  key.reserve(shape.key.size());
  for (const int at : shape.key) key.push_back(image[static_cast<std::size_t>(at)]);
  return key;
}

Row row_of(const FeedShape& shape, std::vector<Value>&& image) {
  image.resize(shape.columns->size());
  return TableRow{.columns = shape.columns, .values = std::move(image)};
}

}  // namespace headwater::sqlite
