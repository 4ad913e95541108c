// Write hooks, on both servers.

#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Hooks : public OnServer {
 protected:
  static Term t() { return named_table("t"); }
  static Term get(int id) { return t().then(TermType::get, {id}); }
  static Term insert(int id, const Options& options = {}) {
    return t().then(TermType::insert, {Term::object({{"id", id}})}, options);
  }
  /// Of the context, the document before, and the one after.
  static Json set(const Term& body) {
    return run(t().then(TermType::set_write_hook, {func({1, 2, 3}, body)}));
  }
  static std::string first_error(const Term& write) {
    return std::string(run(write)["first_error"].text().value_or("none"));
  }
};

TEST_P(Hooks, sees_the_key_the_time_and_both_documents) {
  new_table();
  const Term seen =
      Term::object({{"key", var(1)["primary_key"]}, {"at", var(1)["timestamp"]}, {"old", var(2)}});
  const Term body = branch(var(3).then(TermType::eq, {Term::null()}), Term::null(),
                           var(3).then(TermType::merge, {Term::object({{"seen", seen}})}));
  EXPECT_EQ(set(body).dump(), R"({"created":1})");
  run(insert(1));
  const Json document = run(get(1));
  EXPECT_EQ(document["seen"]["key"].integer(), 1);
  EXPECT_EQ(document["seen"]["at"]["$reql_type$"].text(), "TIME");
  EXPECT_TRUE(document["seen"].contains("old") && document["seen"]["old"].is_null());
  EXPECT_EQ(counts(run(get(1).then(TermType::remove))), "deleted 1");
  EXPECT_EQ(counts(run(get(1).then(TermType::remove))), "skipped 1");
}

TEST_P(Hooks, is_shown_and_can_be_set_again_from_that) {
  new_table();
  EXPECT_EQ(text(t().then(TermType::get_write_hook)), "null");
  set(var(3).then(TermType::merge, {Term::object({{"x", Term::array({1, "a"})}})}));
  const Json shown = run(t().then(TermType::get_write_hook));
  EXPECT_EQ(shown["function"]["$reql_type$"].text(), "BINARY");
  EXPECT_EQ(run(t().then(TermType::config))["write_hook"]["function"], shown["function"]);
  const Term set_null = t().then(TermType::set_write_hook, {Term::null()});
  EXPECT_EQ(text(set_null), R"({"deleted":1})");
  const Term function = Term::value(shown["function"].dump());
  EXPECT_EQ(text(t().then(TermType::set_write_hook, {function})), R"({"created":1})");
  EXPECT_EQ(text(t().then(TermType::set_write_hook, {function})), R"({"replaced":1})");
  run(insert(1));
  EXPECT_EQ(text(get(1)), R"({"id":1,"x":[1,"a"]})");
  const Term other = Term::value(R"({"$reql_type$":"BINARY","data":"YWJj"})");
  EXPECT_EQ(error(t().then(TermType::set_write_hook, {other}), ErrorType::query_logic),
            "rethinkdb: Cannot create a write hook except from a reql_write_hook_function returned "
            "from `get_write_hook`.");
}

TEST_P(Hooks, cannot_turn_a_deletion_and_a_write_into_each_other) {
  new_table();
  run(insert(1));
  set(var(2));
  EXPECT_EQ(first_error(insert(2)),
            "A write hook function must not turn a replace/insert into a deletion.");
  EXPECT_EQ(first_error(get(1).then(TermType::remove)),
            "A write hook function must not turn a deletion into a replace/insert.");
  EXPECT_EQ(counts(run(get(1).then(TermType::update, {Term::object({{"v", 1}})}))), "unchanged 1");
}

TEST_P(Hooks, cannot_change_the_key_or_write_anything_but_an_object) {
  new_table();
  set(Term::object({{"id", 77}}));
  EXPECT_EQ(first_error(insert(1)),
            "Primary key `id` cannot be changed (null -> {\n\t\"id\":\t77\n})");
  set(5);
  EXPECT_EQ(first_error(insert(1)), "Inserted value must be an OBJECT (got NUMBER):\n5");
}

TEST_P(Hooks, can_refuse_a_write_even_of_what_is_not_there) {
  new_table();
  set(call(TermType::error, {"not here"}));
  const Json refused = run(t().then(
      TermType::insert, {Term::array({Term::object({{"id", 1}}), Term::object({{"id", 2}})})}));
  EXPECT_EQ(counts(refused), "errors 2");
  EXPECT_EQ(refused["first_error"].text(), "Error in write hook: not here");
  EXPECT_EQ(first_error(get(9).then(TermType::update, {Term::object({{"v", 1}})})),
            "Error in write hook: not here");
  EXPECT_EQ(first_error(get(9).then(TermType::remove)), "Error in write hook: not here");
  EXPECT_EQ(counts(run(insert(1, {{"ignore_write_hook", true}}))), "inserted 1");
  set(var(2)["none"]);
  EXPECT_EQ(first_error(insert(3)),
            "Error in write hook: Cannot perform bracket on a non-object non-sequence `null`.");
}

TEST_P(Hooks, must_be_deterministic_and_take_three_arguments) {
  new_table();
  const std::string refused =
      "rethinkdb: Could not prove function deterministic.  Write hook functions must be "
      "deterministic.";
  for (const Term& body :
       {call(TermType::now, {}), call(TermType::uuid, {}), t().then(TermType::count)}) {
    const Term hook = t().then(TermType::set_write_hook, {func({1, 2, 3}, body)});
    EXPECT_EQ(error(hook, ErrorType::query_logic), refused);
  }
  EXPECT_EQ(
      set(var(3).then(TermType::merge, {Term::object({{"u", call(TermType::uuid, {"text"})}})}))
          .dump(),
      R"({"created":1})");
  EXPECT_EQ(
      error(t().then(TermType::set_write_hook, {func({1, 2}, var(1))}), ErrorType::query_logic),
      "rethinkdb: Write hook functions must expect 3 arguments.");
}

HEADWATER_ON_EACH_SERVER(Hooks);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
