// One writer's random transactions on a shop, and its own count of what they changed.
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

  /// Never fails with Remedy::retry: it waits for the others' locks, and longer than they may hold
  /// them.
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

  /// At random, 0 .. below - 1.
  std::int64_t any(std::int64_t below);
  Result<std::int64_t> any_order();
  std::string any_email();

  using Values = std::initializer_list<std::variant<std::int64_t, std::string>>;
  /// Compiled once, as any shop does: SQLite takes longer to compile a statement, with the triggers
  /// it fires, than to run it.
  Result<sqlite::Statement*> prepared(const std::string& sql, const Values& values);
  Result<void> run(const std::string& sql, const Values& values = {});
  /// Runs it and counts the rows it touched directly.
  Result<std::uint64_t> count(const std::string& sql, const Values& values);
  /// The number that it finds.
  Result<std::int64_t> ask(const std::string& sql, const Values& values = {});

  sqlite::Database shop_;
  std::map<std::string, sqlite::Statement> statements_;  // behind shop_, which has to outlive them
  std::mt19937_64 random_;
};

}  // namespace headwater::rig
