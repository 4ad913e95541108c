// Logins and rights, on both servers.

#include <algorithm>

#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Users : public OnServer {
 protected:
  /// A user of the test's own, without rights.
  void add(const std::string& user, const std::vector<std::string>& rights) {
    run(table("rethinkdb", "users").then(TermType::get, {user}).then(TermType::remove));
    server().add_user(user, "secret", rights);
    auto opened = Connection::open(server().options(user, "secret"), {});
    ASSERT_TRUE(opened) << opened.error().message;
    connection_ = *std::move(opened);
  }
  /// "ok", or the type and the message of the error.
  std::string asked(const Term& term, const Options& options = {}) {
    const auto results = connection_->ask(query::start(term, options), {});
    if (results) return "ok";
    return std::to_string(static_cast<int>(results.error().type)) + " " +
           results.error().error.message;
  }
  static std::string missing(const std::string& user, const std::string& right) {
    return "6000000 rethinkdb: User `" + user + "` does not have the required `" + right +
           "` permission.";
  }
  /// The server does not expect that one in some places.
  static std::string unexpectedly_missing(const std::string& user, const std::string& right) {
    return "1000000 rethinkdb: Unexpected exception: " +
           missing(user, right).substr(std::string("6000000 rethinkdb: ").size());
  }

  std::unique_ptr<Connection> connection_;
};

TEST_P(Users, need_a_right_for_everything_that_they_do) {
  new_table();
  const Term t = named_table("t");
  add("nobody", {});
  const Term insert = t.then(TermType::insert, {Term::object({{"id", 1}})});
  EXPECT_EQ(asked(t), missing("nobody", "read"));
  EXPECT_EQ(asked(t.then(TermType::changes)), unexpectedly_missing("nobody", "read"));
  EXPECT_EQ(asked(insert), missing("nobody", "write"));
  EXPECT_EQ(asked(t.then(TermType::sync)), missing("nobody", "write"));
  EXPECT_EQ(asked(t.then(TermType::config)), missing("nobody", "config"));
  EXPECT_EQ(asked(t.then(TermType::get_write_hook)), missing("nobody", "config"));
  EXPECT_EQ(asked(t.then(TermType::set_write_hook, {func({1, 2, 3}, var(3))})),
            unexpectedly_missing("nobody", "config"));
  EXPECT_EQ(asked(t.then(TermType::index_create, {"i"})), missing("nobody", "config"));
  EXPECT_EQ(asked(t.then(TermType::index_status)), "ok");
  EXPECT_EQ(asked(t.then(TermType::status)), "ok");
  EXPECT_EQ(asked(table("rethinkdb", "users")), missing("nobody", "read"));
}

TEST_P(Users, may_bypass_hooks_only_with_config) {
  new_table();
  add("writer", {"read", "write"});
  const Term insert = named_table("t").then(TermType::insert, {Term::object({{"id", 1}})},
                                            {{"ignore_write_hook", true}});
  EXPECT_EQ(asked(insert), unexpectedly_missing("writer", "config"));
  add("owner", {"read", "write", "config"});
  EXPECT_EQ(asked(insert), "ok");
}

TEST_P(Users, have_rights_for_an_area_that_others_see) {
  new_table();
  add("reader", {"read"});
  const Term t = named_table("t");
  const Json granted = run(call(admin::grant, {t, "reader", Term::object({{"config", true}})}));
  EXPECT_EQ(granted["granted"].integer(), 1);
  EXPECT_EQ(asked(t.then(TermType::config)), "ok");
  std::vector<std::string> areas;
  const Json rows = run(table("rethinkdb", "permissions"));
  for (const Json& each : rows.elements()) {
    if (each["user"].text() != "reader") continue;
    areas.push_back(each["table"].dump() + each["permissions"].dump());
  }
  std::ranges::sort(areas);
  EXPECT_EQ(areas, (std::vector<std::string>{R"("t"{"config":true})", R"(null{"read":true})"}));
  EXPECT_EQ(
      error(call(admin::grant, {"unknown", Term::object({{"read", true}})}), ErrorType::op_failed),
      "rethinkdb: User `unknown` not found.");
}

TEST_P(Users, log_in_with_their_password) {
  add("careful", {});
  EXPECT_EQ(connection_->server_version().substr(0, 3), "2.4");
  const auto wrong = Connection::open(server().options("careful", "guess"), {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().name, "source.unauthorized");
  run(table("rethinkdb", "users").then(TermType::get, {"careful"}).then(TermType::remove));
  EXPECT_FALSE(Connection::open(server().options("careful", "secret"), {}));
}

HEADWATER_ON_EACH_SERVER(Users);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
