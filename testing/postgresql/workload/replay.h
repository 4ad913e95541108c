// The rows that events make up.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "src/json/json.h"
#include "testing/postgresql/postgres_shell.h"

namespace headwater::rig {

/// Knows docs/formats/event.md, and nothing of the product. Strict: a row is inserted that exists,
/// or changed that does not.
class Replay {
 public:
  /// Reads the events of an embedded stream.
  explicit Replay(const std::string& path);

  /// The first event that does not fit; then the first row that differs from the database's.
  /// `address`: the database, in which nobody writes. Empty: they are equal.
  [[nodiscard]] std::string difference(const std::string& address) const;

  /// How many values had been left out by the database, and were found in earlier events.
  [[nodiscard]] int unchanged() const { return unchanged_; }
  /// How many events of each operation there were.
  [[nodiscard]] const std::map<std::string, int>& operations() const { return operations_; }

 private:
  /// Columns and their texts, as the database writes them.
  using Row = std::map<std::string, std::string>;
  using Rows = std::map<std::string, Row>;  // by their keys

  void apply(const std::string& table, const std::string& operation, const Json& data);
  void set(Row& row, const Row* before, const Json& after);
  void wrong(const std::string& why);

  std::map<std::string, Rows> tables_;  // "public.orders"
  Row removed_;                         // the last one
  std::string event_;                   // that is being read
  std::string wrong_;
  int unchanged_ = 0;
  std::map<std::string, int> operations_;
};

}  // namespace headwater::rig
