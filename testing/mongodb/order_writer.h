// A writer of random changes to orders, which counts them itself.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>
#include <utility>

#include "testing/mongodb/shell.h"
#include "testing/rig/writers.h"

namespace headwater::rig {

/// Inserts, updates, replaces, upserts and deletes single orders, updates many at once, runs
/// transactions, and sometimes changes shop.stock. After an error, it does not know whether its
/// change was committed.
class OrderWriter final : public Writer {
 public:
  /// `bulk_lock`, unless null, keeps bulk updates and transactions of all its writers apart. It
  /// must outlive the writer.
  OrderWriter(std::string uri, std::uint64_t seed, bool counts_stock, std::shared_mutex* bulk_lock)
      : uri_(std::move(uri)), random_(seed), counts_stock_(counts_stock), bulk_lock_(bulk_lock) {}

  Result<void> transaction(Tally& tally) override;
  bool reconnect() override;

 private:
  Tried<void> one_change(Tally& tally, bool in_transaction);
  Tried<void> several_changes(Tally& tally);
  Tried<void> insert(Tally& tally, bool in_transaction);
  Tried<void> update(Tally& tally);
  Tried<void> update_many(Tally& tally, bool in_transaction);
  Tried<void> update(Tally& tally, const Doc& filter, bool many);
  Tried<void> replace(Tally& tally);
  Tried<void> upsert(Tally& tally);
  Tried<void> remove(Tally& tally);
  Tried<void> restock(Tally& tally);

  /// A random number from 0 to `below - 1`.
  std::int64_t any(std::int64_t below);
  Doc any_order();
  Doc new_order(std::int64_t id);

  std::string uri_;
  std::mt19937_64 random_;
  bool counts_stock_;
  std::shared_mutex* bulk_lock_;
  std::optional<MongoShell> shell_;
};

}  // namespace headwater::rig
