#include "src/sources/postgresql/feed/key_order.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "src/base/hex.h"
#include "src/base/number_in.h"

namespace headwater::postgresql {
namespace {

using sources::Ahead;
using sources::LogChange;

constexpr std::size_t most_known = 4'096;
constexpr std::size_t most_at_once = 256;

/// As PostgreSQL reads it; nullopt: no key has such a value.
std::optional<std::string> key_text(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<Text>(&value)) return text->bytes;
  if (const auto* time = std::get_if<Time>(&value)) return time->text;
  if (const auto* decimal = std::get_if<Decimal>(&value)) return decimal->text;
  if (const auto* json = std::get_if<JsonText>(&value)) return json->text;
  if (const auto* flag = std::get_if<bool>(&value)) return std::string(*flag ? "t" : "f");
  if (const auto* number = std::get_if<double>(&value)) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), *number).ptr;
    return std::string(digits.begin(), end);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    std::string digits = "\\x";
    append_hex_bytes(digits, blob->bytes);
    return digits;
  }
  return std::nullopt;
}

/// The texts of the key's values, in the order of the index; nullopt: the change's key is another.
std::optional<std::vector<std::string>> key_texts(const PublishedTable& table,
                                                  const LogChange& change) {
  const auto* key = change.change.key ? std::get_if<TableRow>(&*change.change.key) : nullptr;
  if (key == nullptr || table.order.empty()) return std::nullopt;
  const auto& columns = table.shape.key_columns;
  if (key->columns != columns && *key->columns != *columns) return std::nullopt;
  std::vector<std::string> texts;
  for (const std::size_t column : table.order) {
    const auto place = std::ranges::find(table.shape.key, column) - table.shape.key.begin();
    auto text = key_text(key->values[static_cast<std::size_t>(place)]);
    if (!text) return std::nullopt;
    texts.push_back(*std::move(text));
  }
  return texts;
}

/// One text of several, as in the reader's places.
std::string joined(const std::vector<std::string>& texts) {
  std::string key;
  for (const std::string& text : texts) append_key_part(key, &text == &texts.front(), text);
  return key;
}

bool is_integer(std::string_view type) {
  return type == "bigint" || type == "integer" || type == "smallint";
}

/// nullopt: not all of them are whole numbers.
std::optional<Ahead> compared(const PublishedTable& table, const std::vector<std::string>& key,
                              const std::vector<std::string>& after) {
  for (std::size_t i = 0; i < key.size() && i < after.size(); ++i) {
    if (!is_integer(table.types[table.order[i]])) return std::nullopt;
    const auto number = whole_number<std::int64_t>(key[i]);
    const auto last = whole_number<std::int64_t>(after[i]);
    if (!number || !last) return std::nullopt;
    if (*number != *last) return *number > *last ? Ahead::yes : Ahead::no;
  }
  return Ahead::no;
}

}  // namespace

Result<Ahead> KeyOrder::ahead(Server& server, const PublishedTable& table, const LogChange& change,
                              const std::string& after, const std::stop_token& stop) {
  const auto texts = key_texts(table, change);
  if (!texts) return Ahead::unknown;
  if (const auto known = compared(table, *texts, key_parts(after))) return *known;
  // Two tables may have the same keys in two orders.
  const std::string of = table.name + table.order_mark;
  if (std::exchange(known_of_, of) != of) known_.clear();
  const std::string key = joined(*texts);
  auto found = known_.find(after + ' ' + key);
  if (found == known_.end()) {
    if (known_.size() >= most_known) known_.clear();
    Keys keys = next_keys(table);
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    if (auto asked = ask(server, table, after, keys, stop); !asked) return failed(asked);
    found = known_.find(after + ' ' + key);
  }
  return found == known_.end() ? Ahead::unknown : found->second;
}

KeyOrder::Keys KeyOrder::next_keys(const PublishedTable& table) const {
  Keys keys;
  if (log_ == nullptr) return keys;
  log_->each_at_hand([&](const LogChange& change) {
    if (!change.of_a_row || change.change.table != table.shape.table ||
        change.change.schema != table.shape.schema || keys.size() >= most_at_once) {
      return;
    }
    if (const auto texts = key_texts(table, change)) keys.push_back(joined(*texts));
  });
  return keys;
}

/// A key that has another type by now cannot be compared.
Result<void> KeyOrder::ask(Server& server, const PublishedTable& table, const std::string& after,
                           const Keys& keys, const std::stop_token& stop) {
  const std::string last = row_of_key(table, after);
  std::string query = "SELECT ";
  for (const std::string& key : keys) {
    if (query.size() > 7) query += ", ";
    query += row_of_key(table, key) + " > " + last;
  }
  auto answer = server.ask(query, {}, stop);
  if (!answer && answer.error().remedy == Remedy::retry) return failed(answer);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_after = answer && answer->flag(0, static_cast<int>(i));
    const Ahead ahead = is_after ? Ahead::yes : Ahead::no;
    known_[after + ' ' + keys[i]] = answer ? ahead : Ahead::unknown;
  }
  return {};
}

}  // namespace headwater::postgresql
