// Knows which changes of the orders the stream must have, without the product's code for sources.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/rethinkdb/connection.h"
#include "testing/rethinkdb/order_queries.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rig {

/// It has three ways to know. A changefeed says all, in order, as long as the server lives. The
/// documents say how many changes each has had, and the number of the last; also after the server was
/// killed. And what was acknowledged to a writer has happened.
///
/// One thread, except for acknowledge().
class RethinkWitness {
 public:
  /// What comes from now on. While nobody writes. `server` must outlive it.
  explicit RethinkWitness(RethinkServer& server);

  /// A writer has been told that these were written. Any thread.
  void acknowledge(const std::vector<OrderChange>& changes);
  [[nodiscard]] std::vector<std::string> acknowledged();
  /// The server was killed while others wrote: its feed lacks changes, and may have some that were
  /// undone.
  void lose_sight();

  /// A backup is made, while nobody writes: around a stop of the server.
  void keep();
  void kept();
  /// The backup was restored.
  void go_back();

  /// The ids of all changes so far, in order; those that nobody has seen are "?-KEY", at the end.
  [[nodiscard]] std::vector<std::string> ids();
  [[nodiscard]] std::uint64_t count() const;
  /// Compares the ids of a stream's changes, which RethinkDB orders only for each document, with those
  /// of the database. `read`: the keys of the documents that a snapshot has read; null without one. A
  /// row has changes that came before, so they may be left out. Returns the first error.
  [[nodiscard]] std::string difference(const std::vector<std::string>& ids,
                                       const std::set<std::string>* read);
  /// Whether there was a delete of it.
  [[nodiscard]] bool has_deleted(const std::string& key);

 private:
  using Numbers = std::vector<std::uint64_t>;
  using States = std::map<std::string, OrderState>;
  struct Known {
    bool sees_all = true;
    States before{};                           // when it began
    std::vector<OrderChange> seen{};           // in the feed
    std::map<std::string, Numbers> numbers{};  // of `seen`
    std::set<std::string> deleted{};
    std::map<std::string, std::set<std::uint64_t>> acknowledged{};
  };

  void begin_feed();
  void read_on();
  bool receive();
  void see(const Json& entry);
  [[nodiscard]] States states() const;
  [[nodiscard]] std::uint64_t due(const std::string& key, const OrderState& now) const;
  [[nodiscard]] std::string difference_of(const std::string& key, const OrderState& now,
                                          const Numbers& found,
                                          const std::set<std::string>* read) const;
  [[nodiscard]] std::string difference_from_seen(const Numbers& expected, const Numbers& found,
                                                 bool joined) const;

  RethinkServer* server_;
  Known known_;
  std::optional<Known> kept_;
  std::mutex mutex_;  // for `acknowledged`
  std::unique_ptr<rethinkdb::Connection> connection_;
  rethinkdb::Token feed_ = 0;
};

}  // namespace headwater::rig
