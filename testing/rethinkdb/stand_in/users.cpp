#include "testing/rethinkdb/stand_in/users.h"

#include <utility>

#include "testing/rethinkdb/stand_in/datum_json.h"

namespace headwater::rethinkdb::stand_in {
const char* name_of(Right right) {
  return right == Right::read ? "read" : right == Right::write ? "write" : "config";
}

Users::Users() {
  all_["admin"].rights[Area{}] = {
      {"read", true}, {"write", true}, {"config", true}, {"connect", true}};
}

Accounts Users::accounts() const {
  Accounts accounts;
  for (const auto& [name, user] : all_) {
    // More would only cost time.
    accounts.push_back({.user = name, .password = user.password, .iterations = 1});
  }
  return accounts;
}

bool Users::may(const std::string& user, Right right, const Area& area) const {
  if (user == "admin") return true;
  const auto found = all_.find(user);
  if (found == all_.end() || area.db == "rethinkdb") return false;
  // What is said of the smaller area counts.
  for (const Area& each : {area, Area{.db = area.db}, Area{}}) {
    const auto rights = found->second.rights.find(each);
    if (rights == found->second.rights.end()) continue;
    const auto said = rights->second.find(name_of(right));
    if (said != rights->second.end()) return said->second.holds();
  }
  return false;
}

void Users::set_password(const std::string& user, std::string password) {
  all_[user].password = std::move(password);
}

Users::Rights Users::grant(const std::string& user, const Area& area, const Rights& changes) {
  Rights& rights = all_[user].rights[area];
  for (const auto& [name, value] : changes) {
    if (value.is_null()) {
      rights.erase(name);
    } else {
      rights.insert_or_assign(name, value);
    }
  }
  return rights;
}

Json Users::described(const std::string& user) const {
  const User& found = all_.at(user);
  Json rights = Json::array();
  for (const auto& [area, each] : found.rights) {
    rights.push_back(Json{
        {"db", area.db}, {"table", area.table}, {"rights", *Json::parse(to_json(Datum(each)))}});
  }
  return Json{{"user", user}, {"password", found.password}, {"rights", std::move(rights)}};
}

void Users::restore(const Json& line) {
  User user{.password = text_in(line, "password")};
  for (const Json& each : line["rights"].elements()) {
    user.rights[{.db = text_in(each, "db"), .table = text_in(each, "table")}] =
        datum_of(each["rights"]).members();
  }
  all_.insert_or_assign(text_in(line, "user"), std::move(user));
}

}  // namespace headwater::rethinkdb::stand_in
