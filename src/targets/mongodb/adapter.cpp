#include <memory>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/config/section.h"
#include "src/sources/mongodb/server/client.h"
#include "src/targets/mongodb/target.h"

namespace headwater {
namespace {

class MongoTargetAdapter final : public TargetAdapter {
 public:
  MongoTargetAdapter(std::string uri, std::string database)
      : uri_(std::move(uri)), database_(std::move(database)) {}

  [[nodiscard]] std::string describe() const override {
    return "mongodb database " + database_ + " at " + mongodb::without_password(uri_);
  }
  [[nodiscard]] bool keeps_documents() const override { return true; }
  Result<std::unique_ptr<Target>> open(const CopyName& copy) override {
    return target_mongodb::MongoTarget::open(uri_, database_, copy);
  }

 private:
  std::string uri_;
  std::string database_;
};

}  // namespace

Result<std::unique_ptr<TargetAdapter>> make_mongodb_target(config::Section section,
                                                           const Clock& /*clock*/) {
  std::string uri = section.address("uri");
  std::string database = section.text("database");
  if (!uri.empty() && !mongodb::is_uri(uri)) {
    section.complain("uri", std::string("must be a connection string: ") + mongodb::sample_uri);
  }
  if (auto ok = section.finish(); !ok) return failed(ok);
  return std::make_unique<MongoTargetAdapter>(std::move(uri), std::move(database));
}

}  // namespace headwater
