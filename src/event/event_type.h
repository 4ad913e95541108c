// The CloudEvents `type` of an event, and the names in it. docs/formats/event.md specifies it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// Says what happened to which table. The text is made from the names once; only what a stream
/// stored is taken apart again, by parse() alone.
class EventType {
 public:
  EventType() = default;
  /// `table`: nullopt where the event is about the whole database. A name may be empty, and may
  /// have any bytes.
  EventType(std::string database, std::optional<std::string> table, std::string operation);
  /// Of a table in a schema, where the database has those.
  EventType(std::string database, std::string schema, std::string table, std::string operation);

  /// The way back. Never fails: text() is `text` as it stands, and the names of what no relay wrote
  /// are as good as they can be. A schema is then a part of the table's name.
  static EventType parse(std::string_view text);

  [[nodiscard]] const std::string& database() const { return database_; }
  /// Empty: the database has none, the event is about all of it, or parse() has made this.
  [[nodiscard]] const std::string& schema() const { return schema_; }
  /// Empty, too, where the event is about the whole database.
  [[nodiscard]] const std::string& table() const { return table_; }
  /// With its schema, if it has one: "public.orders".
  [[nodiscard]] std::string full_table() const;
  [[nodiscard]] bool whole_database() const { return whole_database_; }
  /// "insert", "delete", …: word_for(Change).
  [[nodiscard]] const std::string& operation() const { return operation_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  bool operator==(const EventType& other) const { return text_ == other.text_; }

 private:
  void write();

  std::string database_;
  std::string schema_;
  std::string table_;
  std::string operation_;
  std::string text_;
  bool whole_database_ = true;
};

}  // namespace headwater
