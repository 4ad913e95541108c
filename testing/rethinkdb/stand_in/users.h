// Who may do what.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "src/json/json.h"
#include "testing/rethinkdb/scram_server.h"
#include "testing/rethinkdb/stand_in/datum.h"

namespace headwater::rethinkdb::stand_in {

enum class Right { read, write, config };
[[nodiscard]] const char* name_of(Right right);

/// Where a right holds: everywhere, in a database, or for a table (by its id) of one.
struct Area {
  std::string db{};
  std::string table{};

  friend bool operator<(const Area& one, const Area& other) {
    return std::tie(one.db, one.table) < std::tie(other.db, other.table);
  }
};

class Users {
 public:
  /// What was granted or refused by name: {"read": true}.
  using Rights = Datum::Object;
  struct User {
    std::string password;
    std::map<Area, Rights> rights{};
  };

  /// With `admin`, who has no password.
  Users();

  [[nodiscard]] const std::map<std::string, User>& all() const { return all_; }
  [[nodiscard]] bool contains(const std::string& name) const { return all_.contains(name); }
  [[nodiscard]] Accounts accounts() const;
  [[nodiscard]] bool may(const std::string& user, Right right, const Area& area) const;

  void set_password(const std::string& user, std::string password);
  void remove(const std::string& user) { all_.erase(user); }
  /// Null removes a right. Returns what holds afterwards in the area.
  Rights grant(const std::string& user, const Area& area, const Rights& changes);

  /// A line for the log that makes the user again.
  [[nodiscard]] Json described(const std::string& user) const;
  void restore(const Json& line);

 private:
  std::map<std::string, User> all_;
};

}  // namespace headwater::rethinkdb::stand_in
