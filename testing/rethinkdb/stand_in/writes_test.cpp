// What writes do, and what they are answered with, on both servers.

#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Writes : public OnServer {
 protected:
  static Term document(int id, int value) { return Term::object({{"id", id}, {"v", value}}); }
  static Term insert(const Term& what, const Options& options = {}) {
    return named_table("t").then(TermType::insert, {what}, options);
  }
  static Term get(int id) { return named_table("t").then(TermType::get, {id}); }
};

TEST_P(Writes, insert_counts_and_refuses_what_is_there) {
  new_table();
  EXPECT_EQ(counts(run(insert(document(1, 1)))), "inserted 1");
  const Json again = run(insert(document(1, 2)));
  EXPECT_EQ(counts(again), "errors 1");
  EXPECT_EQ(again["first_error"].text(),
            "Duplicate primary key `id`:\n{\n\t\"id\":\t1,\n\t\"v\":\t1\n}\n"
            "{\n\t\"id\":\t1,\n\t\"v\":\t2\n}");
  EXPECT_EQ(counts(run(insert(Term::array({document(1, 3), document(2, 3)})))),
            "errors 1 inserted 1");
  EXPECT_EQ(text(get(1)), R"({"id":1,"v":1})");
  EXPECT_EQ(text(get(3)), "null");
}

TEST_P(Writes, conflicts_can_be_settled) {
  new_table();
  run(insert(document(1, 1)));
  EXPECT_EQ(counts(run(insert(document(1, 1), {{"conflict", "replace"}}))), "unchanged 1");
  EXPECT_EQ(counts(run(insert(document(1, 2), {{"conflict", "replace"}}))), "replaced 1");
  const Term more = Term::object({{"id", 1}, {"w", 5}});
  EXPECT_EQ(counts(run(insert(more, {{"conflict", "update"}}))), "replaced 1");
  const Term merge = func({1, 2, 3}, var(2).then(TermType::merge, {Term::object({{"x", var(1)}})}));
  const Json changed = run(insert(more, {{"conflict", merge}, {"return_changes", true}}));
  EXPECT_EQ(changed["changes"].dump(),
            R"([{"new_val":{"id":1,"v":2,"w":5,"x":"id"},"old_val":{"id":1,"v":2,"w":5}}])");
  const Term keep = func({1, 2, 3}, var(2));
  EXPECT_EQ(counts(run(insert(document(1, 9), {{"conflict", keep}}))), "unchanged 1");
  const Term now = func(
      {1, 2, 3}, var(2).then(TermType::merge, {Term::object({{"u", call(TermType::uuid, {})}})}));
  EXPECT_NE(error(insert(document(1, 9), {{"conflict", now}}), ErrorType::query_logic)
                .find("deterministic"),
            std::string::npos);
}

TEST_P(Writes, update_replace_and_delete) {
  new_table();
  run(insert(document(1, 1)));
  EXPECT_EQ(counts(run(get(7).then(TermType::update, {document(7, 1)}))), "skipped 1");
  EXPECT_EQ(counts(run(get(1).then(TermType::update, {Term::object({{"v", 1}})}))), "unchanged 1");
  EXPECT_EQ(counts(run(get(1).then(TermType::update, {Term::object({{"v", 2}})}))), "replaced 1");
  const Json moved = run(get(1).then(TermType::update, {document(5, 2)}));
  EXPECT_EQ(moved["first_error"].text(),
            "Primary key `id` cannot be changed (`{\n\t\"id\":\t1,\n\t\"v\":\t2\n}` -> "
            "`{\n\t\"id\":\t5,\n\t\"v\":\t2\n}`).");
  EXPECT_EQ(counts(run(get(2).then(TermType::replace, {document(2, 1)}))), "inserted 1");
  EXPECT_EQ(run(get(2).then(TermType::replace, {Term::object({{"v", 1}})}))["first_error"].text(),
            "Inserted object must have primary key `id`:\n{\n\t\"v\":\t1\n}");
  EXPECT_EQ(counts(run(get(2).then(TermType::replace, {Term::null()}))), "deleted 1");
  EXPECT_EQ(counts(run(get(2).then(TermType::remove))), "skipped 1");
  EXPECT_EQ(counts(run(named_table("t").then(TermType::remove))), "deleted 1");
}

TEST_P(Writes, many_documents_and_for_each) {
  new_table();
  run(insert(Term::array({document(1, 1), document(2, 2), document(3, 3)})));
  const Term more_than_one = func({1}, var(1)["v"].then(TermType::gt, {1}));
  const Term some = named_table("t").then(TermType::filter, {more_than_one});
  EXPECT_EQ(counts(run(some.then(TermType::update, {Term::object({{"big", true}})}))),
            "replaced 2");
  const Term insert_each =
      func({1}, insert(Term::object({{"id", var(1)}}), {{"durability", "soft"}}));
  EXPECT_EQ(counts(run(Term::array({3, 4, 5}).then(TermType::for_each, {insert_each}))),
            "errors 1 inserted 2");
  EXPECT_EQ(text(named_table("t").then(TermType::count)), "5");
}

TEST_P(Writes, keys_are_checked_and_made) {
  new_table();
  EXPECT_EQ(run(insert(Term::object({{"id", Term::null()}})))["first_error"].text(),
            "Primary keys must be either a number, string, bool, pseudotype or array (got type "
            "NULL):\nnull");
  const std::string longest(127, 'k');
  EXPECT_EQ(counts(run(insert(Term::object({{"id", longest}})))), "inserted 1");
  EXPECT_EQ(run(insert(Term::object({{"id", longest + "k"}})))["first_error"].text(),
            "Primary key too long (max 127 characters): \"" + longest + "k\"");
  const Json made = run(insert(Term::object({{"v", 1}})));
  ASSERT_EQ(made["generated_keys"].size(), 1U);
  EXPECT_EQ(made["generated_keys"][std::size_t{0}].text()->size(), 36U);
}

TEST_P(Writes, a_function_must_be_deterministic) {
  new_table();
  run(insert(document(1, 1)));
  const Term uuid = Term::object({{"u", call(TermType::uuid, {})}});
  EXPECT_EQ(error(get(1).then(TermType::update, {uuid}), ErrorType::query_logic),
            "rethinkdb: Could not prove argument deterministic.  Maybe you want to use the "
            "non_atomic flag?");
  EXPECT_EQ(counts(run(get(1).then(TermType::update, {uuid}, {{"non_atomic", true}}))),
            "replaced 1");
  const Term now = Term::object({{"at", call(TermType::now, {})}});
  EXPECT_EQ(counts(run(get(1).then(TermType::update, {now}))), "replaced 1");
}

HEADWATER_ON_EACH_SERVER(Writes);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
