// What the tests of this source share: a server, a table in a database of the test's own, and a relay's
// half of the work.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/json/json.h"
#include "src/ports/adapter.h"
#include "src/rethinkdb/term.h"
#include "src/sources/rethinkdb/adapter.h"
#include "src/sources/rethinkdb/options.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rethinkdb {

/// Reads a source, and says what it has read: "insert 1 v1" for each change.
class Follower {
 public:
  /// Connects and opens at `position`; a failure is the test's.
  Follower(SourceAdapter& adapter, const Position& position, const std::string& relay = "a");

  /// Reads until `count` more changes have come, or nothing comes any more that was there; their words.
  std::vector<std::string> read(std::size_t count = 1'000'000);
  /// Reads until it fails.
  Error error();
  /// The stream has everything that was read, and the journal has forgotten it.
  void release();
  /// The stream has everything up to there.
  void release(const Position& position);

  [[nodiscard]] const Position& position() const { return position_; }
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] Source& source() { return *source_; }

 private:
  Result<ChangeBatch> next(std::size_t count);

  std::unique_ptr<Source> source_;
  Position position_;
  std::vector<Change> changes_;
};

/// "insert 1 v1", "gap".
[[nodiscard]] std::string words_for(const Change& change);

/// Each test has its own database, with a table `item`.
class RethinkTest : public ::testing::Test {
 protected:
  RethinkTest();

  static rig::RethinkServer& server();
  static Json run(const Term& term, const Options& options = {}) {
    return server().run(term, options);
  }
  /// The message of the error that it must end with; "first_error" of a write counts.
  static std::string refusal(const Term& term, const Options& options = {});

  [[nodiscard]] Term item() const { return table(database_, "item"); }
  [[nodiscard]] Term registered() const { return table(database_, "headwater"); }
  /// Makes the table with these options.
  void make_table(const std::string& name, const Options& options = {});
  [[nodiscard]] SourceOptions options(const std::string& table = "item") const;
  [[nodiscard]] std::unique_ptr<SourceAdapter> adapter(const SourceOptions& options) const;
  [[nodiscard]] std::unique_ptr<SourceAdapter> adapter() const { return adapter(options()); }
  /// `init`.
  void prepare(const std::string& relay = "a");
  void remove(const std::string& relay = "a");

  /// A write that must change something.
  static void write(const Term& term);
  void insert(const std::string& json) {
    write(item().then(TermType::insert, {Term::value(json)}));
  }
  [[nodiscard]] Term get(const std::string& key) const {
    return item().then(TermType::get, {Term::value(key)});
  }
  void update(const std::string& key, const std::string& json) {
    write(get(key).then(TermType::update, {Term::value(json)}));
  }
  void mark_deleted(const std::string& key) { update(key, R"({"_hw":{"gone":true}})"); }
  /// A document's journal: "n" is left out, "doc" too; "v1 insert, v2 update" with " gone" at its end.
  std::string journal(const std::string& key);
  Json document(const std::string& key) { return run(get(key)); }

  SystemClock clock_;
  std::string database_;
};

}  // namespace headwater::rethinkdb
