// What can be configured of a RethinkDB source.
#pragma once

#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/network/transport.h"
#include "src/rethinkdb/scram.h"
#include "src/sources/shared/policies.h"

namespace headwater::rethinkdb {

/// How documents are deleted.
enum class Deletes {
  marked,  ///< By a mark in the document, which the hook journals. It refuses others.
  scan,    ///< As always. A scan of the keys finds what is missing.
};

/// One table. Each has a relay of its own, because RethinkDB knows no order across tables.
struct SourceOptions {
  network::Place server{};
  Credentials login{};
  std::optional<network::TlsFiles> tls{};
  /// How long the server may be silent, when it is asked something, before the relay connects again.
  Milliseconds timeout = std::chrono::seconds(30);
  std::string database{};
  std::string table{};
  bool is_journal = false;  ///< The table is a journal that the service writes (journal_table).
  Deletes deletes = Deletes::marked;
  Milliseconds scan_interval = std::chrono::minutes(10);  ///< Only with Deletes::scan.
  /// A document that is marked as deleted is removed after this time, by the database's clock, which
  /// must not be set back by more.
  Milliseconds keep_deleted = std::chrono::hours(24);
  sources::Policies policies{.large = {.other_way = "make the documents smaller"}};

  /// "shop.orders"
  [[nodiscard]] std::string words() const { return database + "." + table; }
  /// "shop.orders at 127.0.0.1:28015"
  [[nodiscard]] std::string place() const {
    return words() + " at " + server.host + ":" + std::to_string(server.port);
  }
};

}  // namespace headwater::rethinkdb
