// The suite that every target passes. An adapter implements TargetRig and adds one line:
//
//     INSTANTIATE_TEST_SUITE_P(Postgresql, TargetSuite, ::testing::Values(&make_postgresql_rig));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/event/event.h"
#include "src/materialize/batch.h"
#include "src/ports/target.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {

/// An empty database, and what the suite asks it without the product's help.
class TargetRig {
 public:
  virtual ~TargetRig() = default;

  virtual TargetAdapter& adapter() = 0;
  /// The mapping under `into:`, on one line.
  [[nodiscard]] virtual std::string configuration() const = 0;
  /// The rows of a table, sorted: "id=1 name=ada". Columns in the order of their names, without
  /// those that are NULL. Empty if there is no such table.
  virtual std::vector<std::string> rows(const std::string& table) = 0;
  /// Creates a table or collection with a row {id: 1}, as its owner does.
  virtual void make_table(const std::string& table) = 0;
  /// Creates a table orders(id, name), which counts the rows that are written. Returns false if this
  /// database cannot do that.
  virtual bool make_counting_table() { return false; }
  /// How many rows were inserted, updated or deleted in it.
  virtual std::int64_t writes() { return 0; }
  /// Whether a reader never sees a part of a switch.
  [[nodiscard]] virtual bool switches_at_once() const { return true; }
  /// A process was killed. Some databases keep its transaction open for a while.
  virtual void end_transactions() {}

 protected:
  /// A row as rows() returns it.
  [[nodiscard]] static std::string shown(const std::map<std::string, std::string>& columns) {
    std::string row;
    for (const auto& [name, value] : columns) {
      row.append(row.empty() ? "" : " ").append(name).append("=").append(value);
    }
    return row;
  }
};
/// An error is the reason to skip.
using MakeTargetRig = Result<std::unique_ptr<TargetRig>> (*)();

class TargetSuite : public ::testing::TestWithParam<MakeTargetRig> {
 protected:
  void SetUp() override {
    auto made = GetParam()();
    if (!made) GTEST_SKIP() << made.error().message;
    rig_ = *std::move(made);
  }

  /// The row {"id": id, "name": name}, and its key.
  static std::string row(int id, const std::string& name);
  static std::string key(int id);

  /// Opens a copy; ends the test with an error.
  std::unique_ptr<Target> open(const CopyName& copy = {.name = "orders", .suffix = ""});
  /// An event of table `orders` with the next sequence.
  StoredEvent event(const std::string& op, const std::string& key, const std::string& after,
                    const std::string& table = "orders");
  StoredEvent rename(const std::string& from, const std::string& to);
  /// An event of a MongoDB collection. `more` are further members.
  StoredEvent document(const std::string& op, const std::string& key, const std::string& after,
                       const std::string& more = "");
  /// Applies events as one batch.
  Result<std::uint64_t> try_apply(Target& target, const std::vector<StoredEvent>& events);
  void apply(Target& target, const std::vector<StoredEvent>& events);

  std::unique_ptr<TargetRig> rig_;
  std::uint64_t sequence_ = 0;
};

/// The same target, by the program on an embedded stream.
class TargetProgramSuite : public TargetSuite {
 protected:
  void SetUp() override;

  /// Appends events to the stream: inserts, updates and deletes on `keys` rows, by a seed. The
  /// expected rows follow.
  void load(std::uint64_t events, int keys, std::uint64_t seed);
  void append(const std::vector<Event>& events);
  void configure(const std::string& more = "");
  [[nodiscard]] rig::Command command(std::vector<std::string> words) const;
  /// Runs `headwater materialize`; returns its errors, empty on success.
  [[nodiscard]] std::string materialize(std::vector<std::string> words) const;
  /// As TargetRig::rows() returns them, after the first `events` events.
  [[nodiscard]] std::vector<std::string> expected(std::uint64_t events = UINT64_MAX) const;

  rig::TemporaryFolder folder_;
  std::vector<Event> all_;
};

}  // namespace headwater::testing
