#include <memory>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/config/section.h"
#include "src/targets/shared/sql_target.h"
#include "src/targets/sqlite/database.h"

namespace headwater {
namespace {

class SqliteAdapter final : public TargetAdapter {
 public:
  explicit SqliteAdapter(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string describe() const override { return "sqlite " + path_; }
  [[nodiscard]] std::string file() const override { return path_; }
  Result<std::unique_ptr<Target>> open(const CopyName& copy) override {
    auto database = target_sqlite::SqliteDatabase::open(path_);
    if (!database) return failed(database);
    return std::make_unique<targets::SqlTarget>(*std::move(database), copy);
  }

 private:
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<TargetAdapter>> make_sqlite_target(config::Section section,
                                                          const Clock& /*clock*/) {
  std::string path = section.data_path("path");
  if (auto ok = section.finish(); !ok) return failed(ok);
  return std::make_unique<SqliteAdapter>(std::move(path));
}

}  // namespace headwater
