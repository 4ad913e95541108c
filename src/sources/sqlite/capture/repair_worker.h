// Carries out a plan, table by table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sources/sqlite/capture/repair.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Remembers what it has done and refused across several plans. One thread.
class Worker {
 public:
  /// All arguments must outlive it. `plan` may be replaced between two calls.
  Worker(Database& database, const RepairOptions& options, Plan& plan)
      : database_(database), options_(options), plan_(&plan) {}

  /// Inside a write transaction of the caller, in which the work is still valid (see standing.h)
  /// and the log has space for the table's images. The caller calls schema_changed().
  Result<void> perform(const Work& work);

  /// Tables whose triggers were added since the schema was last known to be readable.
  [[nodiscard]] std::size_t unproven() const { return unproven_.size(); }
  void proven() { unproven_.clear(); }
  /// Removes these tables' triggers again, so that they are not captured, and reports `why`. Inside
  /// a write transaction of the caller, in which sqlite_schema is writable.
  Result<void> take_back(const std::string& why);

  void did(std::string what);
  /// Reports it once.
  void refuse(const std::string& name, const std::string& why, bool ordinary);

  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] const std::set<std::string>& refused() const { return refused_; }
  [[nodiscard]] Report take_report() { return std::exchange(report_, {}); }

 private:
  /// The triggers of one table, as rows of sqlite_schema.
  struct Armed {
    Work::Kind kind;
    Captured captured;
    std::vector<SchemaTrigger> rows;
  };

  Result<void> leftover(const Work& work);
  Result<void> gone(const Work& work);
  Result<void> give_up(const Captured& captured, const std::string& why);
  Result<void> renew(const Work& work);
  Result<void> capture(const Work& work);
  Result<void> add_first_tasks(const std::string& table, std::int64_t shape);
  Result<bool> written_since(std::int64_t shape);
  Result<void> arm(const Work& work);
  Result<void> disarm(std::int64_t shape);
  Result<void> take_back(const Armed& armed, const std::string& why);

  Database& database_;
  const RepairOptions& options_;
  Plan* plan_;
  std::set<std::string> refused_;
  std::vector<Armed> unproven_;
  bool changed_ = false;
  Report report_;
};

}  // namespace headwater::sqlite
