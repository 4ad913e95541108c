// The CloudEvents `type` of an event, and the names in it. docs/formats/event.md specifies it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// Says what happened to which table. The text is made from the names once, and all copies share
/// it; only what a stream stored is taken apart again, by parse() alone. One that was moved from is
/// as if new.
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

  [[nodiscard]] const std::string& database() const { return names().database; }
  /// Empty: the database has none, the event is about all of it, or parse() has made this.
  [[nodiscard]] const std::string& schema() const { return names().schema; }
  /// Empty, too, where the event is about the whole database.
  [[nodiscard]] const std::string& table() const { return names().table; }
  /// With its schema, if it has one: "public.orders".
  [[nodiscard]] std::string full_table() const;
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
    std::string text;
  };
  explicit EventType(Names names);
  [[nodiscard]] const Names& names() const;

  std::shared_ptr<const Names> names_;
};

}  // namespace headwater
