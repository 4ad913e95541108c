// A database on the shared server, and the source's changes of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/event/data_json.h"
#include "src/sources/postgresql/adapter.h"
#include "src/sources/postgresql/contract_rig.h"
#include "testing/postgresql/shared_server.h"

namespace headwater::postgresql {

class Feed : public ::testing::Test {
 protected:
  Feed() : Feed("") {}
  /// `how`: words of CREATE DATABASE.
  explicit Feed(const std::string& how) : name_(rig::new_database_name()) {
    testing::PgShell(server().address()).ask("CREATE DATABASE " + name_ + " " + how);
    shell_ = std::make_unique<testing::PgShell>(server().address(name_));
    options_.uri = server().address(name_);
    options_.slot = name_;
  }
  ~Feed() override {
    source_.reset();
    shell_.reset();
    rig::drop_database(server(), name_);
  }

  static rig::PostgresServer& server() { return rig::shared_postgres_server(); }
  /// Whether publications can have row filters and column lists.
  [[nodiscard]] static bool has_filters() {
    return !server().version().starts_with("PostgreSQL 14");
  }

  Answer sql(const std::string& statement) { return shell_->ask(statement); }
  /// All in one transaction.
  void transaction(const std::vector<std::string>& statements) {
    sql("BEGIN");
    for (const std::string& each : statements) sql(each);
    sql("COMMIT");
  }
  std::unique_ptr<SourceAdapter> adapter() { return make_postgresql_source(options_, clock_); }

  /// Prepares the database and opens the source where that began.
  void start() {
    auto made = adapter();
    auto prepared = made->prepare("a");
    ASSERT_TRUE(prepared) << prepared.error().message;
    auto beginning = made->beginning("a");
    ASSERT_TRUE(beginning) << beginning.error().message;
    at_ = *beginning;
    auto source = made->connect("a");
    ASSERT_TRUE(source) << source.error().message;
    source_ = *std::move(source);
    ASSERT_TRUE(source_->open(at_));
  }
  std::string prepare_error() {
    auto prepared = adapter()->prepare("a");
    if (prepared) return "";
    message_ = prepared.error().message + " | " + prepared.error().next;
    return prepared.error().name;
  }
  /// Everything that is committed by now. Opens the source again, where it was.
  std::vector<Change> changes() {
    std::vector<Change> all;
    auto opened = source_->open(at_);
    EXPECT_TRUE(opened) << opened.error().message;
    for (bool over = !opened; !over;) {
      auto batch = source_->read({100, 1U << 20U}, Milliseconds(100), {});
      EXPECT_TRUE(batch) << batch.error().name << " " << batch.error().message;
      if (!batch) break;
      at_ = batch->position;
      over = batch->current && batch->changes.empty();
      for (Change& change : batch->changes) all.push_back(std::move(change));
    }
    return all;
  }
  /// The same as lines: "schema.table data", without the transaction.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (Change& change : changes()) {
      change.transaction.reset();
      all.push_back(change.schema + "." + change.table + " " + data_json(change));
    }
    return all;
  }

  SystemClock clock_;
  std::string name_;
  SourceOptions options_;
  std::unique_ptr<testing::PgShell> shell_;
  std::unique_ptr<Source> source_;
  Position at_;
  std::string message_;
};

}  // namespace headwater::postgresql
