// Databases, tables, and how they are described, on both servers.

#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Tables : public OnServer {
 protected:
  static Term t() { return named_table("t"); }
};

TEST_P(Tables, are_described) {
  new_table("t", {{"primary_key", "key"}, {"durability", "soft"}});
  const Json config = run(t().then(TermType::config));
  EXPECT_EQ(config["name"].text(), "t");
  EXPECT_EQ(config["primary_key"].text(), "key");
  EXPECT_EQ(config["durability"].text(), "soft");
  EXPECT_EQ(config["write_acks"].text(), "majority");
  EXPECT_EQ(config["indexes"].dump(), "[]");
  EXPECT_TRUE(config.contains("write_hook") && config["write_hook"].is_null());
  EXPECT_EQ(config["shards"].size(), 1U);
  const Json info = run(t().then(TermType::info));
  EXPECT_EQ(info["id"], config["id"]);
  EXPECT_EQ(info["type"].text(), "TABLE");
  EXPECT_EQ(info["db"]["name"], config["db"]);
  const Json status = run(t().then(TermType::status));
  EXPECT_EQ(status["status"]["all_replicas_ready"].boolean(), true);
  EXPECT_EQ(text(t().then(TermType::wait)), R"({"ready":1})");
  EXPECT_EQ(text(t().then(TermType::sync)), R"({"synced":1})");
}

TEST_P(Tables, keep_their_id_and_documents_under_a_new_name) {
  new_table();
  run(t().then(TermType::insert, {Term::object({{"id", 1}})}));
  const Json before = run(t().then(TermType::config));
  const Term rename = Term::object({{"name", "u"}, {"write_acks", "single"}});
  EXPECT_EQ(counts(run(t().then(TermType::config).then(TermType::update, {rename}))), "replaced 1");
  const Json after = run(named_table("u").then(TermType::config));
  EXPECT_EQ(after["id"], before["id"]);
  EXPECT_EQ(after["write_acks"].text(), "single");
  EXPECT_EQ(text(named_table("u").then(TermType::count)), "1");
  error(t().then(TermType::count), ErrorType::op_failed);
}

TEST_P(Tables, are_named_when_they_are_missing_or_there_already) {
  new_table();
  const std::string db = run(t().then(TermType::config))["db"].text().value_or("").data();
  const Term database = call(TermType::db, {db});
  EXPECT_EQ(error(table(db, "none"), ErrorType::op_failed),
            "rethinkdb: Table `" + db + ".none` does not exist.");
  EXPECT_EQ(error(table("nowhere", "t"), ErrorType::op_failed),
            "rethinkdb: Database `nowhere` does not exist.");
  EXPECT_EQ(error(database.then(TermType::table_create, {"t"}), ErrorType::op_failed),
            "rethinkdb: Table `" + db + ".t` already exists.");
  EXPECT_EQ(error(call(admin::db_create, {db}), ErrorType::op_failed),
            "rethinkdb: Database `" + db + "` already exists.");
  EXPECT_EQ(text(database.then(TermType::table_list)), R"(["t"])");
  EXPECT_EQ(run(database.then(TermType::table_drop, {"t"}))["tables_dropped"].integer(), 1);
  EXPECT_EQ(text(database.then(TermType::table_list)), "[]");
  EXPECT_EQ(run(call(admin::db_drop, {db}))["dbs_dropped"].integer(), 1);
}

TEST_P(Tables, a_table_that_is_made_again_has_another_id) {
  new_table();
  const Json before = run(t().then(TermType::config));
  run(call(TermType::db, {std::string(*before["db"].text())}).then(TermType::table_drop, {"t"}));
  new_table();
  EXPECT_NE(run(t().then(TermType::config))["id"], before["id"]);
  EXPECT_EQ(text(t().then(TermType::count)), "0");
}

TEST_P(Tables, a_long_result_comes_whole) {
  new_table();
  const Term documents = call(static_cast<TermType>(173), {1'500})
                             .then(TermType::map, {func({1}, Term::object({{"id", var(1)}}))});
  EXPECT_EQ(counts(run(t().then(TermType::insert, {documents}))), "inserted 1500");
  EXPECT_EQ(run(t()).size(), 1'500U);
}

HEADWATER_ON_EACH_SERVER(Tables);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
