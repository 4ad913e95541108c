// A writer of random changes to orders in RethinkDB, which counts them itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/rethinkdb/connection.h"
#include "testing/rethinkdb/order_queries.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

/// Inserts, updates, replaces, upserts and marks as deleted, and inserts again; single documents and
/// several at once; sometimes it deletes without a mark, which is refused. After an error, it does
/// not know whether its change was written.
class RethinkWriter final : public Writer {
 public:
  /// Is told of what was acknowledged.
  using Told = std::function<void(const std::vector<OrderChange>& changes)>;

  RethinkWriter(rethinkdb::ConnectionOptions options, std::uint64_t seed, Told told)
      : options_(std::move(options)), random_(seed), told_(std::move(told)) {}

  /// One query. RethinkDB has no transactions.
  Result<void> transaction(Tally& tally) override;
  bool reconnect() override;

 private:
  rethinkdb::Term any_write();
  rethinkdb::Term any_key();
  rethinkdb::Term any_document();
  /// One document, or some whose keys follow each other.
  rethinkdb::Term any_documents();
  std::int64_t any(std::uint64_t below) { return static_cast<std::int64_t>(random_() % below); }

  rethinkdb::ConnectionOptions options_;
  Random random_;
  Told told_;
  std::unique_ptr<rethinkdb::Connection> connection_;
};

}  // namespace headwater::rig
