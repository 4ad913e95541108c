// The CloudEvents `type` of an event, and the names in it. docs/formats/event.md specifies it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// A table's name together with its schema, if it has one: "public.orders". Two tables never have
/// the same text: in the names of a schema and its table a dot is "%2E", and a '%' is "%25" where it
/// would be taken for one of these.
[[nodiscard]] std::string table_words(std::string_view schema, std::string_view table);

/// Names the operation and the table. The text is built from the names once, and all copies share
/// it; only parse() splits a stored text again. A moved-from object is like a new one.
class EventType {
 public:
  EventType() = default;
  /// `table` is nullopt if the event is about the whole database. A name may be empty and may
  /// contain any bytes.
  EventType(std::string database, const std::optional<std::string>& table, std::string operation);
  /// For a table in a schema, if the database has schemas.
  EventType(std::string database, std::string schema, std::string table, std::string operation);

  /// Parses a text. Never fails: text() returns `text` unchanged, and the names in a text that no
  /// relay wrote are a best effort. table() is then full_table(), because whether the database has
  /// schemas is not in the text.
  static EventType parse(std::string_view text);

  [[nodiscard]] const std::string& database() const { return names().database; }
  /// Empty if the database has no schemas, the event is about all of it, or parse() made this.
  [[nodiscard]] const std::string& schema() const { return names().schema; }
  /// Also empty if the event is about the whole database.
  [[nodiscard]] const std::string& table() const { return names().table; }
  /// See table_words().
  [[nodiscard]] const std::string& full_table() const { return names().words; }
  [[nodiscard]] bool whole_database() const { return names().whole_database; }
  /// "insert", "delete", …: word_for(Change).
  [[nodiscard]] const std::string& operation() const { return names().operation; }
  [[nodiscard]] const std::string& text() const { return names().text; }

  bool operator==(const EventType& other) const {
    return names_ == other.names_ || text() == other.text();
  }

 private:
  struct Names {
    std::string database;
    std::string schema;
    std::string table;
    std::string operation;
    bool whole_database = true;
    std::string words;  // table_words()
    std::string text;
  };
  explicit EventType(Names names);
  [[nodiscard]] const Names& names() const;

  std::shared_ptr<const Names> names_;
};

}  // namespace headwater
