// The table shop.orders as a program uses it that deletes with a mark, and what a write to it changed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "src/rethinkdb/term.h"

namespace headwater::rig {

[[nodiscard]] rethinkdb::Term orders();

// Writes. Each says what it has changed: changes_in().

/// Inserts documents, also again those that were deleted. Leaves those that are there as they are.
[[nodiscard]] rethinkdb::Term insert_orders(const std::vector<rethinkdb::Term>& documents);
/// Inserts a document, or changes the total of the one that is there.
[[nodiscard]] rethinkdb::Term upsert_order(const rethinkdb::Term& document,
                                           const rethinkdb::Term& total);
/// Merges `change` into each of the documents, if it is there.
[[nodiscard]] rethinkdb::Term update_orders(const rethinkdb::Term& documents,
                                            const rethinkdb::Term& change);
[[nodiscard]] rethinkdb::Term replace_order(const rethinkdb::Term& key,
                                            const rethinkdb::Term& document);
[[nodiscard]] rethinkdb::Term delete_orders(const rethinkdb::Term& documents);

/// A change of one document, with the number that the journal gave it. docs/formats/rethinkdb-journal.md
struct OrderChange {
  std::string key;  ///< As the ids of changes have it.
  std::uint64_t number = 0;
  std::string operation;  ///< "insert", "update", "delete"

  /// Of the event.
  [[nodiscard]] std::string id() const { return std::to_string(number) + "-" + key; }
};
/// `written`: the answer to a write.
[[nodiscard]] std::vector<OrderChange> changes_in(const Json& written);

/// 17, or 'text.
[[nodiscard]] std::string order_key(const Json& key);

/// What the database knows of a document that is there, or was.
struct OrderState {
  std::uint64_t version = 0;  ///< How many changes it has had; 0: none since it is followed.
  std::uint64_t number = 0;   ///< Of the last one.
  bool gone = false;
};
/// A table of [key, version, number, gone].
[[nodiscard]] rethinkdb::Term order_states();
[[nodiscard]] OrderState state_in(const Json& row);
/// Those that are there, without their journals.
[[nodiscard]] rethinkdb::Term orders_there();

/// How many documents have changes that the journal has not forgotten.
[[nodiscard]] rethinkdb::Term orders_pending();

/// A feed of [key, number before, number after, version, gone], with a state before the first.
[[nodiscard]] rethinkdb::Term order_feed();

}  // namespace headwater::rig
