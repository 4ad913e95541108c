// One writer's random changes to orders, and its own count of them.
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

/// Inserts, updates, replacements, upserts and deletes of single orders, updates of many at once,
/// transactions of several, and now and then a change of shop.stock. Whether a failed one was
/// committed is not known.
class OrderWriter final : public Writer {
 public:
  /// `apart`, if given, keeps the updates of many at once from the transactions of all who share
  /// it, and must outlive the writer.
  OrderWriter(std::string uri, std::uint64_t seed, bool counts_stock, std::shared_mutex* apart)
      : uri_(std::move(uri)), random_(seed), counts_stock_(counts_stock), apart_(apart) {}

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

  /// At random, 0 .. below - 1.
  std::int64_t any(std::int64_t below);
  Doc any_order();
  Doc new_order(std::int64_t id);

  std::string uri_;
  std::mt19937_64 random_;
  bool counts_stock_;
  std::shared_mutex* apart_;
  std::optional<MongoShell> shell_;
};

}  // namespace headwater::rig
