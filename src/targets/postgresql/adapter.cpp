#include <memory>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/config/section.h"
#include "src/targets/postgresql/connection.h"
#include "src/targets/postgresql/database.h"
#include "src/targets/shared/sql_target.h"

namespace headwater {
namespace {

class PostgresqlAdapter final : public TargetAdapter {
 public:
  PostgresqlAdapter(std::string uri, std::string schema)
      : uri_(std::move(uri)), schema_(std::move(schema)) {}

  [[nodiscard]] std::string describe() const override {
    return "postgresql at " + target_postgresql::without_password(uri_) +
           (schema_.empty() ? "" : ", schema " + schema_);
  }
  Result<std::unique_ptr<Target>> open(const CopyName& copy) override {
    auto database = target_postgresql::Database::open(uri_, schema_);
    if (!database) return failed(database);
    return std::make_unique<targets::SqlTarget>(*std::move(database), copy);
  }

 private:
  std::string uri_;
  std::string schema_;
};

}  // namespace

Result<std::unique_ptr<TargetAdapter>> make_postgresql_target(config::Section section,
                                                              const Clock& /*clock*/) {
  std::string uri = section.address("uri");
  std::string schema = section.text_or("schema", "");
  if (auto ok = section.finish(); !ok) return failed(ok);
  return std::make_unique<PostgresqlAdapter>(std::move(uri), std::move(schema));
}

}  // namespace headwater
