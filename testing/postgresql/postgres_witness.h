// Reads a database's changes through a slot of its own, without the product's code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "testing/postgresql/postgres_shell.h"

namespace headwater::rig {

/// One thread.
class PostgresWitness {
 public:
  /// Makes a publication of all tables, and a slot of this name. A table with REPLICA IDENTITY FULL
  /// keeps its primary key.
  PostgresWitness(const std::string& address, const std::string& name);

  /// The ids of all changes so far, in order: docs/formats/postgresql-position.md. Messages are
  /// among them, if they belong to a transaction.
  const std::vector<std::string>& ids();
  /// A backup of the server, with the slot, has everything that ids() has returned so far.
  void keep() { kept_ = ids_.size(); }
  /// It was restored.
  void go_back();
  /// A promoted standby goes on, which has the publication and not the slot.
  void follow(const std::string& address);
  /// Forgets what has been before.
  void restart();

 private:
  void make_slot();
  void learn_forks();
  void read(std::string_view message, const std::string& lsn);
  void learn(std::string_view relation);
  [[nodiscard]] bool changes_key(std::string_view update) const;
  [[nodiscard]] std::string timeline_of(std::uint64_t lsn) const;

  std::string address_;
  std::string name_;
  std::vector<std::string> ids_;
  std::unordered_set<std::string> seen_;
  std::size_t kept_ = 0;
  std::vector<std::uint64_t> forks_;  // where timeline 2, 3, … began
  std::string transaction_;
  std::string record_;
  std::uint64_t ordinal_ = 0;
  std::map<std::uint64_t, std::vector<bool>> keys_;  // of each table: which columns are the key
};

}  // namespace headwater::rig
