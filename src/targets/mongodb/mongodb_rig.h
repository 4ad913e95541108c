// A MongoDB database for the contract suite of the targets. The tests of a program share a server.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/config/config.h"
#include "src/event/json_scan.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "testing/contract/target_suite.h"
#include "testing/mongodb/shared_server.h"
#include "testing/mongodb/shell.h"

namespace headwater {

Result<std::unique_ptr<TargetAdapter>> make_mongodb_target(config::Section section,
                                                           const Clock& clock);

namespace target_mongodb {

class MongoRig final : public testing::TargetRig {
 public:
  MongoRig() : uri_(rig::shared_mongo_server({.survives_kill = false}).uri()), shell_(uri_) {
    static const SystemClock clock;
    auto section = config::parse(mapping(), "/etc/shop.yaml");
    adapter_ = *make_mongodb_target(*section, clock);
  }

  TargetAdapter& adapter() override { return *adapter_; }
  [[nodiscard]] std::string configuration() const override {
    return "{ mongodb: " + mapping() + " }";
  }
  std::vector<std::string> rows(const std::string& table) override {
    std::vector<std::string> rows;
    for (const auto& document : shell_.documents("copy." + table)) {
      rows.push_back(row_of(document, table == "documents"));
    }
    std::ranges::sort(rows);
    return rows;
  }
  void make_table(const std::string& table) override {
    shell_.insert("copy." + table, rig::json(R"({"_id": 1, "id": 1})"));
  }
  [[nodiscard]] bool switches_at_once() const override { return false; }
  void end_transactions() override { shell_.command("admin", R"({"killAllSessions": []})"); }

 private:
  [[nodiscard]] std::string mapping() const { return "{ uri: \"" + uri_ + "\", database: copy }"; }
  /// The `_id` of a row repeats its key.
  static std::string row_of(const mongodb::Doc& document, bool with_id) {
    std::string json;
    EXPECT_TRUE(mongodb::append_document(json, *document.get(), mongodb::ExtendedJson::relaxed));
    std::map<std::string, std::string> fields;
    for (const JsonPart& part : json_parts(json).value_or(std::vector<JsonPart>{})) {
      if (part.value == "null" || (part.name == "_id" && !with_id)) continue;
      std::string value(part.value);
      if (value.front() == '"') value = value.substr(1, value.size() - 2);
      fields[std::string(part.name)] = value;
    }
    return shown(fields);
  }

  std::string uri_;
  rig::MongoShell shell_;
  std::unique_ptr<TargetAdapter> adapter_;
};

inline Result<std::unique_ptr<testing::TargetRig>> make_mongodb_rig() {
  return std::make_unique<MongoRig>();
}

}  // namespace target_mongodb
}  // namespace headwater
