// Secondary indexes, and what is read by them, on both servers.

#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Indexes : public OnServer {
 protected:
  static Term t() { return named_table("t"); }
  static void create(const std::string& name, const std::vector<Term>& more = {},
                     const Options& options = {}) {
    std::vector<Term> arguments{name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(text(t().then(TermType::index_create, arguments, options)), R"({"created":1})");
    run(t().then(TermType::index_wait, {name}));
  }
  /// The ids of the documents, in their order: not that of an array made by the server, which does
  /// not order those of the same value.
  static std::string ids(const Term& sequence) {
    return text(sequence.then(TermType::get_field, {"id"}));
  }
  static Term by(const std::string& index) {
    return t().then(TermType::order_by, {}, {{"index", index}});
  }
};

TEST_P(Indexes, order_values_as_the_server_does_and_leave_null_out) {
  new_table();
  const std::vector<Term> values{"text",
                                 call(TermType::now, {}),
                                 Term::value(R"({"$reql_type$":"BINARY","data":"YWJj"})"),
                                 5,
                                 false,
                                 true,
                                 Term::array({1, 2}),
                                 Term::array({1}),
                                 Term::null()};
  int id = 0;
  for (const Term& each : values) {
    run(t().then(TermType::insert, {Term::object({{"id", ++id}, {"k", each}})}));
  }
  run(t().then(TermType::insert, {Term::object({{"id", ++id}})}));
  create("k");
  EXPECT_EQ(ids(by("k")), "[8,7,5,6,4,3,2,1]");
  const Term descending =
      t().then(TermType::order_by, {}, {{"index", call(static_cast<TermType>(74), {"k"})}});
  EXPECT_EQ(ids(descending), "[1,2,3,4,6,5,7,8]");
}

TEST_P(Indexes, between_is_bounded_as_asked_and_ties_follow_the_primary_key) {
  new_table();
  for (const int id : {3, 1, 2, 5, 4}) {
    run(t().then(TermType::insert, {Term::object({{"id", id}, {"k", id < 4 ? 1 : id}})}));
  }
  create("k");
  const auto between = [&](const Term& from, const Term& to, Options options = {}) {
    options.emplace_back("index", "k");
    return ids(t().then(TermType::between, {from, to}, options)
                   .then(TermType::order_by, {}, {{"index", "k"}}));
  };
  EXPECT_EQ(between(minval(), maxval()), "[1,2,3,4,5]");
  EXPECT_EQ(between(1, 4), "[1,2,3]");
  EXPECT_EQ(between(1, 4, {{"left_bound", "open"}}), "[]");
  EXPECT_EQ(between(1, 4, {{"left_bound", "open"}, {"right_bound", "closed"}}), "[4]");
  EXPECT_EQ(between(5, 1), "[]");
  EXPECT_EQ(ids(by("k").then(TermType::limit, {2})), "[1,2]");
  EXPECT_EQ(ids(t().then(TermType::between, {2, 4}).then(TermType::order_by, {"id"})), "[2,3]");
  EXPECT_EQ(error(t().then(TermType::between, {Term::null(), 3}), ErrorType::query_logic),
            "rethinkdb: Cannot use `null` in BETWEEN, use `r.minval` or `r.maxval` to denote "
            "unboundedness.");
}

TEST_P(Indexes, on_a_function_leave_out_what_fails) {
  new_table();
  const Term first = func({1}, var(1)["log"].then(TermType::nth, {0})["n"]);
  create("first", {first});
  const Term entry = Term::array({Term::object({{"n", 7}})});
  run(t().then(TermType::insert, {Term::array({Term::object({{"id", 1}, {"log", entry}}),
                                               Term::object({{"id", 2}, {"log", Term::array({})}}),
                                               Term::object({{"id", 3}})})}));
  EXPECT_EQ(ids(by("first")), "[1]");
  run(t().then(TermType::get, {2}).then(TermType::update, {Term::object({{"log", entry}})}));
  run(t().then(TermType::get, {1})
          .then(TermType::update, {Term::object({{"log", Term::array({})}})}));
  EXPECT_EQ(ids(by("first")), "[2]");
  EXPECT_EQ(ids(t().then(TermType::get_all, {7}, {{"index", "first"}})), "[2]");
}

TEST_P(Indexes, multi_finds_a_document_by_each_of_its_values) {
  new_table();
  create("tags", {}, {{"multi", true}});
  const Term tags = Term::array({"a", "b"});
  run(t().then(TermType::insert, {Term::object({{"id", 1}, {"tags", tags}})}));
  EXPECT_EQ(ids(t().then(TermType::get_all, {"b"}, {{"index", "tags"}})), "[1]");
  EXPECT_EQ(ids(by("tags")), "[1,1]");
}

TEST_P(Indexes, are_listed_shown_and_made_again_from_that) {
  new_table();
  create("b");
  create("a", {func({1}, var(1)["x"])});
  EXPECT_EQ(text(t().then(TermType::index_list)), R"(["a","b"])");
  const Json status = run(t().then(TermType::index_status, {"a"}))[std::size_t{0}];
  EXPECT_EQ(status["ready"].boolean(), true);
  EXPECT_EQ(status["index"].text(), "a");
  EXPECT_EQ(status["multi"].boolean(), false);
  EXPECT_EQ(text(t().then(TermType::index_drop, {"a"})), R"({"dropped":1})");
  create("a", {Term::value(status["function"].dump())});
  const Json again = run(t().then(TermType::index_status, {"a"}))[std::size_t{0}];
  EXPECT_EQ(again["function"], status["function"]);
}

TEST(Index, cannot_be_read_on_the_stand_in_before_it_was_waited_for) {
  rig::RethinkServer& server = shared_server(Kind::stand_in);
  const Term database = call(TermType::db, {"test"});
  (void)server.try_run(database.then(TermType::table_drop, {"indexed"}));
  server.run(database.then(TermType::table_create, {"indexed"}));
  const Term indexed = table("test", "indexed");
  server.run(indexed.then(TermType::index_create, {"k"}));
  const Term read = indexed.then(TermType::get_all, {1}, {{"index", "k"}});
  const auto early = server.try_run(read);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().error.message,
            "rethinkdb: Index `k` on table `test.indexed` was accessed before its construction was "
            "finished.");
  server.run(indexed.then(TermType::index_wait));
  EXPECT_EQ(server.run(read).dump(), "[]");
}

TEST_P(Indexes, are_named_when_they_are_missing_or_there_already) {
  new_table();
  create("i");
  const std::string name = "`" + std::string("On_Indexes_");
  const auto refused = [&](const Term& term, const std::string& begin) {
    const std::string message = error(term, ErrorType::op_failed);
    EXPECT_TRUE(message.starts_with("rethinkdb: " + begin + name)) << message;
  };
  refused(t().then(TermType::index_create, {"i"}), "Index `i` already exists on table ");
  refused(t().then(TermType::index_drop, {"no"}), "Index `no` does not exist on table ");
  refused(t().then(TermType::index_wait, {"no"}), "Index `no` was not found on table ");
  refused(t().then(TermType::between, {1, 2}, {{"index", "no"}}),
          "Index `no` was not found on table ");
  EXPECT_EQ(error(t().then(TermType::index_create, {"id"}), ErrorType::query_logic),
            "rethinkdb: Index name conflict: `id` is the name of the primary key.");
}

HEADWATER_ON_EACH_SERVER(Indexes);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
