// What survives the death of the server, and the faults that only the stand-in has.

#include "testing/rethinkdb/stand_in/testing.h"
#include "testing/rig/waiting.h"

namespace headwater::rethinkdb::stand_in {
namespace {

const Term t = table("test", "t");

Term insert(int id, const char* durability) {
  return t.then(TermType::insert, {Term::object({{"id", id}})}, {{"durability", durability}});
}

/// Its own server, because it dies.
class Lives : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && !rig::real_rethinkdb()) GTEST_SKIP() << rig::no_real_rethinkdb;
    server_.emplace(rig::RethinkOptions{.stand_in = GetParam() == Kind::stand_in});
    // A real server has not made it when it begins to answer for the first time.
    (void)server_->try_run(call(static_cast<TermType>(57), {"test"}));
    server_->run(call(TermType::db, {"test"}).then(TermType::table_create, {"t"}));
  }
  std::optional<rig::RethinkServer> server_;
};

TEST_P(Lives, a_hard_write_and_all_else_survives_a_kill) {
  server_->run(t.then(TermType::index_create, {"k", func({1}, var(1)["id"])}));
  const Term stamp = var(3).then(TermType::merge, {Term::object({{"n", 1}})});
  server_->run(t.then(TermType::set_write_hook, {func({1, 2, 3}, stamp)}));
  server_->add_user("someone", "secret", {"read"});
  for (int id = 0; id < 5; ++id) server_->run(insert(id, "hard"));
  server_->run(
      t.then(TermType::get, {4}).then(TermType::remove, {}, {{"ignore_write_hook", true}}));
  const Json before = server_->run(t.then(TermType::config));
  for (int life = 0; life < 2; ++life) {
    server_->kill();
    server_->start();
    server_->run(t.then(TermType::wait));
    EXPECT_EQ(server_->run(t.then(TermType::count)).dump(), "4");
    EXPECT_EQ(server_->run(t.then(TermType::config)), before);
    const Term by_index = t.then(TermType::get_all, {2}, {{"index", "k"}});
    EXPECT_EQ(server_->run(by_index).dump(), R"([{"id":2,"n":1}])");
    EXPECT_TRUE(Connection::open(server_->options("someone", "secret"), {}));
  }
}

TEST_P(Lives, a_clean_end_keeps_soft_writes) {
  server_->run(insert(1, "soft"));
  server_->stop();
  server_->start();
  server_->run(t.then(TermType::wait));
  EXPECT_EQ(server_->run(t.then(TermType::count)).dump(), "1");
}

TEST_P(Lives, its_clock_steps) {
  const Term now = call(TermType::now, {}).then(TermType::to_epoch_time);
  const auto seconds = [&] {
    return static_cast<std::int64_t>(std::stod(server_->run(now).dump()));
  };
  const auto before = seconds();
  if (!server_->set_clock(0)) GTEST_SKIP() << "needs the library stepped_clock";
  ASSERT_TRUE(server_->set_clock(3'600'000));
  EXPECT_GE(seconds(), before + 3'600);
  ASSERT_TRUE(server_->set_clock(-3'600'000));
  EXPECT_LE(seconds(), before - 1'800);
}

INSTANTIATE_TEST_SUITE_P(On, Lives, testing::Values(Kind::stand_in, Kind::real), kind_name);

class Faults : public testing::Test {
 protected:
  Faults() { server_.run(call(TermType::db, {"test"}).then(TermType::table_create, {"t"})); }
  std::string error(const Term& term) {
    const auto result = server_.try_run(term);
    if (result) return "none";
    return std::to_string(static_cast<int>(result.error().type)) + " " +
           result.error().error.message;
  }
  std::string count_after_kill() {
    server_.kill();
    server_.start();
    return server_.run(t.then(TermType::count)).dump();
  }
  rig::RethinkServer server_{rig::RethinkOptions{.stand_in = true}};
};

TEST_F(Faults, a_kill_loses_soft_writes_that_nothing_made_hard) {
  ASSERT_TRUE(server_.hold_soft_writes(true));
  server_.run(insert(1, "soft"));
  EXPECT_EQ(server_.run(t.then(TermType::count)).dump(), "1");
  EXPECT_EQ(count_after_kill(), "0");
  server_.run(insert(1, "soft"));
  server_.run(t.then(TermType::sync));
  EXPECT_EQ(count_after_kill(), "1");
  server_.run(insert(2, "soft"));
  server_.run(table("test", "t", {{"read_mode", "majority"}}).then(TermType::count));
  EXPECT_EQ(count_after_kill(), "2");
  server_.run(insert(3, "soft"));
  server_.run(insert(4, "hard"));
  server_.run(insert(5, "soft"));
  EXPECT_EQ(count_after_kill(), "4");
}

TEST_F(Faults, a_feed_shows_what_a_kill_loses) {
  ASSERT_TRUE(server_.hold_soft_writes(true));
  const auto connection = *Connection::open(server_.options(), {});
  const auto token = *connection->send(query::start(t.then(TermType::changes)), {});
  ASSERT_TRUE(connection->receive(token, rig::patience, {}));
  ASSERT_TRUE(connection->proceed(token, {}));
  server_.run(insert(1, "soft"));
  const auto shown = connection->receive(token, rig::patience, {});
  ASSERT_TRUE(shown);
  EXPECT_EQ((*shown)->answer.results.front(), R"({"new_val":{"id":1},"old_val":null})");
  EXPECT_EQ(count_after_kill(), "0");
}

TEST_F(Faults, soft_writes_are_written_down_in_time) {
  server_.run(insert(1, "soft"));
  EXPECT_TRUE(rig::wait_until([&] {
    return rig::contents(server_.data() + "/log").find(R"("row":{"id":1})") != std::string::npos;
  }));
  EXPECT_EQ(count_after_kill(), "1");
}

TEST_F(Faults, without_replicas_only_outdated_reads_answer) {
  server_.run(insert(1, "hard"));
  const Term majority = table("test", "t", {{"read_mode", "majority"}}).then(TermType::count);
  const Term outdated = table("test", "t", {{"read_mode", "outdated"}}).then(TermType::count);
  ASSERT_TRUE(server_.set_unavailable(true));
  EXPECT_EQ(error(t.then(TermType::count)),
            R"(4100000 rethinkdb: Cannot perform read: primary replica for shard ["", +inf) not )"
            "available");
  EXPECT_TRUE(error(insert(2, "hard")).starts_with("4100000 rethinkdb: Cannot perform write"));
  EXPECT_EQ(error(outdated), "none");
  ASSERT_TRUE(server_.set_unavailable(false));
  ASSERT_TRUE(server_.set_no_majority(true));
  EXPECT_EQ(error(t.then(TermType::count)), "none");
  EXPECT_TRUE(error(majority).starts_with("4100000"));
  EXPECT_TRUE(error(insert(2, "hard")).starts_with("4100000"));
  ASSERT_TRUE(server_.set_no_majority(false));
  EXPECT_EQ(server_.run(majority).dump(), "1");
}

TEST_F(Faults, it_dies_after_a_write_that_it_has_not_answered) {
  server_.run(insert(1, "hard"));
  ASSERT_TRUE(server_.crash_after(2));
  server_.run(insert(2, "hard"));
  EXPECT_NE(error(insert(3, "hard")), "none");
  server_.wait_until_gone();
  server_.start();
  EXPECT_EQ(server_.run(t.then(TermType::count)).dump(), "3");
  server_.run(insert(4, "hard"));
}

TEST_F(Faults, a_line_that_a_death_cut_short_is_not_there) {
  server_.run(insert(1, "hard"));
  server_.kill();
  const std::string log = server_.data() + "/log";
  const std::string lines = rig::contents(log);
  ASSERT_TRUE(lines.ends_with("\"row\":{\"id\":1}}\n"));
  rig::write_file(log, lines + lines.substr(lines.rfind("{\"put\""), 20));
  server_.start();
  EXPECT_EQ(server_.run(t.then(TermType::count)).dump(), "1");
  server_.run(insert(2, "hard"));
  EXPECT_EQ(count_after_kill(), "2");
}

TEST(StandIn, speaks_tls) {
  rig::RethinkServer server({.stand_in = true, .tls = true});
  EXPECT_EQ(server.run(call(TermType::db_list, {})).dump(), R"(["rethinkdb","test"])");
}

}  // namespace
}  // namespace headwater::rethinkdb::stand_in
