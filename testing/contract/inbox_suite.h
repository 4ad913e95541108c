// The suite that every inbox passes. Its room implements InboxRig and adds two lines:
//
//     INSTANTIATE_TEST_SUITE_P(Sqlite, InboxSuite, ::testing::Values(&make_sqlite_rig));
//     INSTANTIATE_TEST_SUITE_P(Sqlite, InboxForgets, ::testing::Values(&make_sqlite_rig));
//
// For a database that forgets by itself, the second is
// GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InboxForgets).
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

/// A place for one inbox in a real database, and for what its consumers do.
class InboxRig {
 public:
  virtual ~InboxRig() = default;

  [[nodiscard]] virtual OpenInbox open() const = 0;
  /// For open(), and for the child.
  [[nodiscard]] virtual std::string address() const = 0;
  /// The name of the inbox. It does not exist yet.
  [[nodiscard]] virtual std::string table() const = 0;
  /// The program that runs inbox_child().
  [[nodiscard]] virtual std::string child() const = 0;

  /// The ids of all effects, in any order.
  virtual std::vector<std::string> effects() = 0;
  /// The number of ids in the inbox.
  virtual std::size_t remembered() = 0;
  /// Time passes: what is stored is now so much older. A database that forgets by itself does so.
  virtual void age(std::chrono::seconds by) = 0;
  /// Puts something else where the inbox would be.
  virtual void put_other_shape() = 0;
  /// Deletes the table, or what stands for it, that holds the consumer's name.
  virtual void remove_name() = 0;
  /// A child was killed. Some databases keep its transaction open for a while.
  virtual void end_transactions() {}
  /// Claims of an id that wait for each other are slow in some databases.
  [[nodiscard]] virtual int races() const { return 60; }
};

using MakeInboxRig = std::unique_ptr<InboxRig> (*)();

class InboxSuite : public ::testing::TestWithParam<MakeInboxRig> {
 protected:
  InboxSuite() : rig_(GetParam()()) {}

  /// The options of the consumer "mail", with this inbox's name.
  [[nodiscard]] client::InboxOptions options() const {
    return {.consumer = "mail", .table = rig_->table()};
  }
  [[nodiscard]] InboxOpened try_open(const client::InboxOptions& options) const {
    return rig_->open()(rig_->address(), options);
  }
  /// Fails the test if it does not open.
  [[nodiscard]] std::unique_ptr<InboxConnection> open(const client::InboxOptions& options) const;
  [[nodiscard]] std::unique_ptr<InboxConnection> open() const { return open(options()); }
  /// Claims the events, applies what is new, and commits. Returns what was new.
  std::vector<bool> handle(InboxConnection& connection,
                           std::span<const client::Delivery> deliveries,
                           std::uint64_t acknowledged = 0) const;
  std::vector<bool> handle(InboxConnection& connection, std::uint64_t first, std::uint64_t last,
                           std::uint64_t acknowledged = 0) const {
    return handle(connection, SampleEvents(first, last).all(), acknowledged);
  }
  /// Time passes for what is stored. The inbox is opened again, as it may remember when it looked.
  void later(std::unique_ptr<InboxConnection>& connection, std::chrono::seconds time) const {
    rig_->age(time);
    connection = open();
  }
  /// Fails the test unless opening it fails with this name, and says what to do.
  void expect_refused(const client::InboxOptions& options, const std::string& name) const;
  /// Fails the test unless each of the events 1 to `last` has exactly one effect.
  void expect_each_once(std::uint64_t last) const;

  std::unique_ptr<InboxRig> rig_;
};

/// What an inbox does that forgets when it is asked to.
class InboxForgets : public InboxSuite {};

}  // namespace headwater::testing
