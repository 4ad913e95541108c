#include "src/rethinkdb/term.h"

#include <gtest/gtest.h>

#include <string>

#include "src/rethinkdb/query.h"

namespace headwater::rethinkdb {
namespace {

// What the server's own driver for Python (2.4.10) builds for the query in the comment.

// r.db('shop').table('orders', read_mode='majority').between(r.minval, 1700000000000,
//   index='_hw', right_bound='closed').order_by(index='_hw').limit(500)
TEST(RethinkdbTerm, APageOfTheBacklog) {
  const Term page = table("shop", "orders", {{"read_mode", "majority"}})
                        .then(TermType::between, {minval(), std::int64_t{1'700'000'000'000}},
                              {{"index", "_hw"}, {"right_bound", "closed"}})
                        .then(TermType::order_by, {}, {{"index", "_hw"}})
                        .then(TermType::limit, {500});
  EXPECT_EQ(page.json(),
            R"([71,[[41,[[182,[[15,[[14,["shop"]],"orders"],{"read_mode":"majority"}],[180,[]],)"
            R"(1700000000000],{"index":"_hw","right_bound":"closed"}]],{"index":"_hw"}],500]])");
}

// r.db('shop').table('orders').insert([{'id': 1, 'a': [1, 'x]', []]}], durability='hard',
//   conflict=lambda id, old, new: r.branch(old.has_fields('_hw'), old.merge({'n': old['n'] + 1}),
//   r.error('no')))
TEST(RethinkdbTerm, AnInsertWithAFunctionForConflicts) {
  const Term old = var(2);
  const Term on_conflict = func(
      {1, 2, 3},
      branch(old.then(TermType::has_fields, {"_hw"}),
             old.then(TermType::merge, {Term::object({{"n", old["n"].then(TermType::add, {1})}})}),
             Term::call(TermType::error, {"no"})));
  const Term insert = table("shop", "orders")
                          .then(TermType::insert, {Term::value(R"([{"id":1,"a":[1,"x]",[]]}])")},
                                {{"durability", "hard"}, {"conflict", on_conflict}});
  EXPECT_EQ(insert.json(),
            R"([56,[[15,[[14,["shop"]],"orders"]],[2,[{"id":1,"a":[2,[1,"x]",[2,[]]]]}]]],)"
            R"({"durability":"hard","conflict":[69,[[2,[1,2,3]],[65,[[32,[[10,[2]],"_hw"]],)"
            R"([35,[[10,[2]],{"n":[24,[[170,[[10,[2]],"n"]],1]]}]],[12,["no"]]]]]]}])");
}

// r.db('shop').table('orders').changes(include_states=True, squash=False)
TEST(RethinkdbTerm, AFeed) {
  EXPECT_EQ(table("shop", "orders")
                .then(TermType::changes, {}, {{"include_states", true}, {"squash", false}})
                .json(),
            R"([152,[[15,[[14,["shop"]],"orders"]]],{"include_states":true,"squash":false}])");
}

// r.db('shop').table('orders').set_write_hook(lambda context, old, new: new)
TEST(RethinkdbTerm, AWriteHook) {
  EXPECT_EQ(
      table("shop", "orders").then(TermType::set_write_hook, {func({1, 2, 3}, var(3))}).json(),
      R"([189,[[15,[[14,["shop"]],"orders"]],[69,[[2,[1,2,3]],[10,[3]]]]]])");
}

TEST(RethinkdbTerm, ValuesAreAsWritten) {
  for (const std::string json : {"1.50", "-0.0", "null", R"("a[\"]")", R"({"a":{"b":"[]"}})",
                                 R"({"$reql_type$":"TIME","epoch_time":1.5,"timezone":"+00:00"})"})
    EXPECT_EQ(Term::value(json).json(), json);
  EXPECT_EQ(Term::value("[]").json(), "[2,[]]");
  EXPECT_EQ(Term::null().json(), "null");
  EXPECT_EQ(Term(true).json(), "true");
  EXPECT_EQ(Term("a\"\n\xff").json(), "\"a\\\"\\n\xEF\xBF\xBD\"");
  EXPECT_EQ(Term::array({}).json(), "[2,[]]");
}

// r.now() with durability='hard'
TEST(RethinkdbTerm, AQueryStarts) {
  const Term now = Term::call(TermType::now, {});
  EXPECT_EQ(query::start(now, {{"durability", "hard"}}), R"([1,[103,[]],{"durability":"hard"}])");
  EXPECT_EQ(query::start(now), "[1,[103,[]],{}]");
}

}  // namespace
}  // namespace headwater::rethinkdb
