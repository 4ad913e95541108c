// For the audit's tests on a server: a shop, a stream in memory that was filled from it, and the
// comparison of the two.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "src/sources/mongodb/audit/mongo_audit.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/verify/testing.h"
#include "src/verify/verify.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"

namespace headwater::mongodb {

using rig::json;
using rig::MongoKind;
using rig::MongoServer;
using rig::MongoShell;

constexpr const char* audited_identity = "mongodb:test";

class MongoAuditRig : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (GetParam() == MongoKind::real && !rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
    use(rig::shared_mongo_server({.kind = GetParam(), .survives_kill = false}));
  }

  void use(const MongoServer& server) {
    shell_ = std::make_unique<MongoShell>(server.uri());
    options_.uri = server.uri();
    options_.watch = *parse_watch("shop.orders");
    options_.policies.snapshot = true;
    options_.identity = audited_identity;
  }

  void insert(const std::string& text, const std::string& collection = "shop.orders") {
    shell_->insert(collection, json(text));
  }
  void update(int id, const std::string& change) {
    shell_->update("shop.orders", json(R"({"_id":)" + std::to_string(id) + "}"), json(change));
  }
  void remove(int id) {
    shell_->remove("shop.orders", json(R"({"_id":)" + std::to_string(id) + "}"));
  }

  /// They outlive the source: each test has only one set of them.
  std::shared_ptr<const SourceOptions> shared_options() {
    return {std::shared_ptr<const SourceOptions>(), &options_};
  }

  /// What a relay does: everything up to now goes into the stream, or only some batches of it.
  void relay(int batches = std::numeric_limits<int>::max()) {
    relay_until(100, [&](bool current) { return current || batches-- <= 0; });
  }
  /// Until so many events are in the stream; the relay dies then.
  void relay_some(std::size_t events) {
    relay_until(1, [&](bool) { return events_.stored().size() >= events; });
  }
  void relay_until(std::size_t count, const std::function<bool(bool current)>& enough) {
    auto source = connect_source(shared_options(), clock_);
    ASSERT_TRUE(source) << source.error().message;
    auto opened = (*source)->open(tail_);
    ASSERT_TRUE(opened) << opened.error().message;
    for (bool current = false; !enough(current);) {
      auto batch = (*source)->read({.count = count, .bytes = 1U << 20U}, Milliseconds(10), {});
      ASSERT_TRUE(batch) << batch.error().message;
      for (const Change& change : batch->changes) events_.add(change, audited_identity);
      tail_ = batch->position;
      current = batch->current;
    }
  }

  /// Three documents that were there before, and changes of every kind to some of them. Events 4
  /// to 11.
  void fill() {
    for (const char* text :
         {R"({"_id":1,"state":"placed","lines":[1,2,3]})",
          R"({"_id":2,"state":"placed","deep":{"a":{"b":1}}})", R"({"_id":3,"state":"placed"})"}) {
      insert(text);
    }
    relay();
    insert(R"({"_id":4,"state":"placed"})");
    update(1, R"({"$push":{"lines":4},"$set":{"state":"paid"}})");
    update(1, R"({"$pop":{"lines":1}})");
    update(2, R"({"$set":{"deep.a.b":2,"deep.z":1},"$unset":{"state":1}})");
    update(4, R"({"_id":4,"state":"replaced"})");
    remove(3);
    insert(R"({"_id":5,"state":"placed"})");
    update(1, R"({"$set":{"lines.1":9}})");
    relay();
    ASSERT_EQ(events_.stored().size(), 11U);
  }

  VerifyReport report() {
    auto audit = MongoAudit::connect(options_, clock_);
    EXPECT_TRUE(audit) << audit.error().message;
    if (!audit) return {};
    auto report = verify(**audit, events_, events_.tail(tail_, audited_identity), {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : VerifyReport{};
  }

  void expect_ids(std::uint64_t lost, std::uint64_t repeated, std::uint64_t out_of_order) {
    const VerifyReport found = report();
    EXPECT_FALSE(found.agree());
    EXPECT_EQ(found.ids.lost, lost) << to_text(found);
    EXPECT_EQ(found.ids.repeated, repeated) << to_text(found);
    EXPECT_EQ(found.ids.out_of_order, out_of_order) << to_text(found);
    EXPECT_EQ(found.ids.unknown, 0U) << to_text(found);
    EXPECT_EQ(found.ids.examples.size(), lost + repeated + out_of_order);
  }

  void expect_agreement(std::uint64_t equal) {
    const VerifyReport found = report();
    EXPECT_TRUE(found.agree()) << to_text(found);
    ASSERT_EQ(found.tables.size(), 1U);
    EXPECT_EQ(found.tables[0].equal, equal) << to_text(found);
    EXPECT_EQ(found.tables[0].not_comparable, 0U) << to_text(found);
  }

  /// As if the event had never been published; those after it keep their numbers.
  void lose(std::size_t sequence) {
    std::erase_if(events_.stored(),
                  [&](const StoredEvent& each) { return each.sequence == sequence; });
  }
  Event& event(std::size_t sequence) { return events_.stored().at(sequence - 1).event; }
  void replace_in(std::size_t sequence, const std::string& what, const std::string& with) {
    std::string& data = event(sequence).data;
    const std::size_t at = data.rfind(what);
    ASSERT_NE(at, std::string::npos) << data;
    data.replace(at, what.size(), with);
  }

  SystemClock clock_;
  std::unique_ptr<MongoShell> shell_;
  SourceOptions options_;
  Events events_;
  Position tail_;
};

}  // namespace headwater::mongodb
