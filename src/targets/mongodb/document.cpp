#include "src/targets/mongodb/document.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

#include "src/event/json_text.h"

namespace headwater::target_mongodb {
namespace {

/// Appends every column of the row that is not Unchanged.
void append_row(Doc& to, const TableRow& row) {
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const bool is_id = (*row.columns)[i] == "_id";
    if (!is_id && !is_unchanged(row.values[i])) append_value(to, (*row.columns)[i], row.values[i]);
  }
}

std::string digits_of(std::string_view number) {
  std::string digits;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  return digits;
}

/// As a decimal128 if that holds it exactly, else as text.
void append_decimal(Doc& to, const char* key, int length, const std::string& text) {
  constexpr std::size_t most_digits = 34;
  bson_decimal128_t decimal;
  if (digits_of(text).size() <= most_digits &&
      bson_decimal128_from_string(text.c_str(), &decimal)) {
    bson_append_decimal128(to.out(), key, length, &decimal);
  } else {
    bson_append_utf8(to.out(), key, length, text.data(), static_cast<int>(text.size()));
  }
}

void append_bytes(Doc& to, const char* key, int length, bson_subtype_t kind,
                  const std::string& bytes) {
  bson_append_binary(to.out(), key, length, kind,
                     reinterpret_cast<const std::uint8_t*>(bytes.data()),
                     static_cast<std::uint32_t>(bytes.size()));
}

}  // namespace

void append_value(Doc& to, std::string_view name, const Value& value) {
  const char* const key = name.data();
  const int length = static_cast<int>(name.size());
  const auto text = [&](const std::string& bytes) {
    bson_append_utf8(to.out(), key, length, bytes.data(), static_cast<int>(bytes.size()));
  };
  std::visit(
      [&](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate> || std::is_same_v<Held, Unchanged>) {
          bson_append_null(to.out(), key, length);
        } else if constexpr (std::is_same_v<Held, bool>) {
          bson_append_bool(to.out(), key, length, held);
        } else if constexpr (std::is_same_v<Held, std::int64_t>) {
          bson_append_int64(to.out(), key, length, held);
        } else if constexpr (std::is_same_v<Held, std::uint64_t>) {
          append_decimal(to, key, length, std::to_string(held));
        } else if constexpr (std::is_same_v<Held, double>) {
          bson_append_double(to.out(), key, length, held);
        } else if constexpr (std::is_same_v<Held, Decimal>) {
          append_decimal(to, key, length, held.text);
        } else if constexpr (std::is_same_v<Held, Text>) {
          if (is_utf8(held.bytes)) {
            text(held.bytes);
          } else {
            append_bytes(to, key, length, BSON_SUBTYPE_USER, held.bytes);
          }
        } else if constexpr (std::is_same_v<Held, Blob>) {
          append_bytes(to, key, length, BSON_SUBTYPE_BINARY, held.bytes);
        } else {
          text(held.text);
        }
      },
      value);
}

std::optional<Doc> id_of(const RowOperation& operation) {
  Doc id;
  if (const auto* key = std::get_if<TableRow>(&operation.key)) {
    if (key->values.size() == 1) {
      append_value(id, "_id", key->values.front());
      return id;
    }
    // In the order of their names: the same key is the same document.
    std::vector<std::size_t> order(key->values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return (*key->columns)[i]; });
    Doc parts;
    for (const std::size_t i : order) append_value(parts, (*key->columns)[i], key->values[i]);
    id.add("_id", parts);
    return id;
  }
  const auto key = Doc::from_json(std::get<Document>(operation.key).json);
  const auto found = key ? mongodb::find(key->get(), "_id") : std::nullopt;
  if (!found) return std::nullopt;
  bson_append_iter(id.out(), "_id", -1, &*found);
  return id;
}

std::optional<Doc> document_of(const RowOperation& operation) {
  const auto* const row = std::get_if<TableRow>(&operation.row);
  if (row == nullptr) return Doc::from_json(std::get<Document>(operation.row).json);
  auto document = id_of(operation);
  if (!document) return document;
  const auto& key = std::get<TableRow>(operation.key);
  const bool own = std::ranges::find(*row->columns, "_id") != row->columns->end();
  // A column of that name would be a second `_id`, unless it is the key.
  if (own && (key.columns->size() != 1 || key.columns->front() != "_id")) return std::nullopt;
  append_row(*document, *row);
  return document;
}

std::optional<Doc> partial_of(const RowOperation& operation) {
  const auto* const row = std::get_if<TableRow>(&operation.row);
  if (row == nullptr || std::ranges::none_of(row->values, is_unchanged)) return std::nullopt;
  Doc fields;
  append_row(fields, *row);
  Doc change;
  change.add("$set", fields);
  return change;
}

}  // namespace headwater::target_mongodb
