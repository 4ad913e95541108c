// SQLite as a source for the disasters. It is the cheapest source, so every stream runs every
// scenario with it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/rig/shop.h"
#include "testing/rig/source_under_test.h"

namespace headwater::rig {

/// The shop is shop.db in the folder. changes() reads the log that docs/sqlite.md specifies with
/// plain SQL.
class SqliteSource final : public SourceUnderTest {
 public:
  /// `tables`: as in the configuration.
  SqliteSource(const TemporaryFolder& folder, Harm harm, Journal journal,
               std::string tables = "all");

  [[nodiscard]] std::string configuration(const std::string& keys) const override;

  Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) override;
  void insert_orders(int count, std::size_t note_bytes) override;
  bool place_orders(int count) override;
  int submit_order(int number) override;
  [[nodiscard]] bool has_order(int number) override;

  [[nodiscard]] std::vector<std::string> changes() override;
  [[nodiscard]] std::uint64_t committed() override;
  [[nodiscard]] std::string difference(const std::vector<std::string>& ids,
                                       std::size_t joined) override;
  [[nodiscard]] std::string read_difference(const std::vector<std::string>& ids) override;
  [[nodiscard]] std::string copy_difference(const std::string& copy) override;
  [[nodiscard]] bool names_transactions() const override { return false; }

  void keep_backup() override;
  void go_back() override;
  void lose_history(Pipeline& pipeline) override;

 private:
  sqlite::Database& client();

  std::string path_;
  std::string backup_;
  std::string tables_;
  bool forgets_;
  std::optional<sqlite::Database> client_;  // submits orders
  int batches_ = 0;                         // calls of insert_orders()
  int orders_before_ = 0;                   // from place_orders()
  bool has_forgotten_ = false;
};

[[nodiscard]] std::unique_ptr<SourceUnderTest> sqlite_source(const TemporaryFolder& folder,
                                                             Harm harm);
[[nodiscard]] MakeSource sqlite_source_in(Journal journal);

}  // namespace headwater::rig
