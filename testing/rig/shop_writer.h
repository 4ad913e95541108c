// A writer of random transactions on a shop, which counts its changes itself.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <variant>

#include "src/sqlite/database.h"
#include "testing/rig/shop.h"

namespace headwater::rig {

class ShopWriter final : public Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const std::string& path, std::uint64_t seed);

  /// Never fails with Remedy::retry, because it waits longer for locks than others hold them.
  Result<void> transaction(Tally& tally) override;

 private:
  Result<void> change_and_commit(Tally& tally);
  ShopWriter(sqlite::Database shop, std::uint64_t seed) : shop_(std::move(shop)), random_(seed) {}

  Result<void> one_change(Tally& tally);
  Result<void> savepoint(Tally& tally);
  Result<void> place_order(Tally& tally);
  Result<void> change_orders(Tally& tally);
  Result<void> delete_order(Tally& tally);
  Result<void> replace_customer(Tally& tally);
  Result<void> upsert_customer(Tally& tally);
  Result<void> ignored_customer(Tally& tally);
  Result<void> rename_item(Tally& tally);

  /// A random number from 0 to `below - 1`.
  std::int64_t any(std::int64_t below);
  Result<std::int64_t> any_order();
  std::string any_email();

  using Values = std::initializer_list<std::variant<std::int64_t, std::string>>;
  /// Compiles each statement once, as any shop does. SQLite needs more time to compile a statement
  /// with its triggers than to run it.
  Result<sqlite::Statement*> prepared(const std::string& sql, const Values& values);
  Result<void> run(const std::string& sql, const Values& values = {});
  /// Runs a statement. Returns the number of rows that it changed directly.
  Result<std::uint64_t> count(const std::string& sql, const Values& values);
  /// Runs a query. Returns its number.
  Result<std::int64_t> query_integer(const std::string& sql, const Values& values = {});

  sqlite::Database shop_;
  std::map<std::string, sqlite::Statement> statements_;  // after shop_, which must outlive them
  std::mt19937_64 random_;
};

}  // namespace headwater::rig
