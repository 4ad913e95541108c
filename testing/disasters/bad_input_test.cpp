// Bad input: a clear error with the right exit code, and nothing lost.
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>

#include "testing/disasters/disaster.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {
namespace {

/// Expects that the command ends with this code, this error and a next step.
void expect_refusal(const Command& command, int code, const std::string& name) {
  SCOPED_TRACE(command.words[1]);
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.exit, (Exit{.code = code, .signal = 0})) << outcome.output << outcome.errors;
  const std::string said = outcome.output + outcome.errors;
  EXPECT_NE(said.find(name), std::string::npos) << said;
}

/// The stream already has events, which must not be lost.
class bad_input : public ::testing::Test {
 protected:
  bad_input() {
    EXPECT_EQ(pipeline_.init(), "");
    write_some(pipeline_);
    EXPECT_EQ(pipeline_.catch_up(), "");
    write_some(pipeline_, 2);
  }

  void expect_nothing_lost() const {
    EXPECT_EQ(pipeline_.catch_up(), "");
    EXPECT_EQ(pipeline_.disagreement(), "");
  }
  [[nodiscard]] std::string events() const { return pipeline_.folder() / "events.db"; }
  [[nodiscard]] std::string aside() const { return pipeline_.folder() / "aside.db"; }

  Pipeline pipeline_;
};

TEST_F(bad_input, MissingDatabase) {
  copy_database(pipeline_.shop(), aside());
  for (const std::string beside : {"", "-wal", "-shm"}) {
    std::filesystem::remove(pipeline_.shop() + beside);
  }
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.");
  expect_refusal(pipeline_.headwater({"init"}), source_error, "source.");
  expect_refusal(pipeline_.headwater({"verify"}), source_error, "source.");
  EXPECT_FALSE(std::filesystem::exists(pipeline_.shop())) << "it must not be created";
  restore_database(aside(), pipeline_.shop());
  expect_nothing_lost();
}

TEST_F(bad_input, CorruptDatabase) {
  copy_database(pipeline_.shop(), aside());
  std::string bytes = contents(aside());
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  write_file(pipeline_.folder() / "corrupt.db", bytes);
  restore_database(pipeline_.folder() / "corrupt.db", pipeline_.shop());
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.corrupt");
  restore_database(aside(), pipeline_.shop());
  expect_nothing_lost();
}

TEST_F(bad_input, NoDatabaseAtAll) {
  copy_database(pipeline_.shop(), aside());
  write_file(pipeline_.folder() / "letter.txt", std::string(5000, 'x'));
  restore_database(pipeline_.folder() / "letter.txt", pipeline_.shop());
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.");
  expect_refusal(pipeline_.headwater({"init"}), source_error, "source.");
  EXPECT_EQ(contents(pipeline_.shop()), std::string(5000, 'x'));
  restore_database(aside(), pipeline_.shop());
  expect_nothing_lost();
}

TEST_F(bad_input, DatabaseOfNoBytes) {
  copy_database(pipeline_.shop(), aside());
  write_file(pipeline_.folder() / "empty", "");
  restore_database(pipeline_.folder() / "empty", pipeline_.shop());
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.not_prepared");
  restore_database(aside(), pipeline_.shop());
  expect_nothing_lost();
}

TEST_F(bad_input, StreamOfNoBytes) {
  copy_database(events(), aside());
  write_file(pipeline_.folder() / "empty", "");
  restore_database(pipeline_.folder() / "empty", events());
  expect_refusal(pipeline_.headwater({"run"}), stream_error, "stream.not_prepared");
  restore_database(aside(), events());
  expect_nothing_lost();
}

TEST_F(bad_input, StreamOfANewerVersion) {
  const auto version = query_integer(events(), "PRAGMA user_version");
  execute(events(), "PRAGMA user_version = 99");
  for (const std::string command : {"run", "init", "tail", "verify"}) {
    expect_refusal(pipeline_.headwater({command}), stream_error, "stream.newer_version");
  }
  EXPECT_EQ(query_integer(events(), "PRAGMA user_version"), 99);
  execute(events(), "PRAGMA user_version = " + std::to_string(version));
  expect_nothing_lost();
}

TEST_F(bad_input, StreamIsAnotherProgramsDatabase) {
  pipeline_.configure(
      {.stream = [](const TemporaryFolder& folder) { return embedded_stream(folder, "shop.db"); }});
  expect_refusal(pipeline_.headwater({"init"}), usage_error, "config.stream_is_source");
  std::filesystem::copy_file(pipeline_.folder() / "shop.db", pipeline_.folder() / "other.db");
  pipeline_.configure({.stream = [](const TemporaryFolder& folder) {
    return embedded_stream(folder, "other.db");
  }});
  expect_refusal(pipeline_.headwater({"init"}), stream_error, "stream.other_application");
  pipeline_.configure({});
  expect_nothing_lost();
}

TEST_F(bad_input, DirectoriesInsteadOfFiles) {
  std::filesystem::create_directory(pipeline_.folder() / "directory");
  const std::string config = contents(pipeline_.config());
  auto with = [&](const std::string& file, const std::string& by) {
    std::string changed = config;
    changed.replace(changed.find(file), file.size(), by);
    write_file(pipeline_.config(), changed);
  };
  with("shop.db", "directory");
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.");
  with("events.db", "directory");
  expect_refusal(pipeline_.headwater({"run"}), stream_error, "stream.");
  std::filesystem::remove(pipeline_.config());
  std::filesystem::create_directory(pipeline_.config());
  expect_refusal(pipeline_.headwater({"run"}), usage_error, "config.");
  std::filesystem::remove(pipeline_.config());
  write_file(pipeline_.config(), config);
  expect_nothing_lost();
}

TEST_F(bad_input, ConfigurationWithoutRights) {
  ASSERT_EQ(::chmod(pipeline_.config().c_str(), 0), 0);
  Command command = pipeline_.headwater({"run"});
  command.bound_by_permissions = true;
  expect_refusal(command, usage_error, "config.");
  ASSERT_EQ(::chmod(pipeline_.config().c_str(), 0644), 0);
  expect_nothing_lost();
}

TEST_F(bad_input, DatabaseThatMayOnlyBeRead) {
  // A relay trims the log and repairs triggers, so it needs to write.
  std::filesystem::permissions(pipeline_.shop(), std::filesystem::perms(0444));
  Command command = pipeline_.headwater({"run"});
  command.bound_by_permissions = true;
  expect_refusal(command, source_error, "source.");
  std::filesystem::permissions(pipeline_.shop(), std::filesystem::perms(0644));
  expect_nothing_lost();
}

TEST(bad_input_at_first, FullDisk) {
  const Pipeline pipeline;
  write_some(pipeline);
  Command command = pipeline.headwater({"init"});
  command.file_limit = 20'000;
  const Outcome outcome = run(command);
  EXPECT_TRUE(outcome.exit.code == source_error || outcome.exit.code == stream_error)
      << outcome.errors;
  EXPECT_EQ(
      query_integer(pipeline.shop(), "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"),
      0)
      << "init left some of its triggers";
  ASSERT_EQ(pipeline.init(), "");
  ASSERT_EQ(pipeline.catch_up(), "");
}

TEST_F(bad_input, PositionOfAnotherDatabase) {
  const Pipeline other;
  ASSERT_EQ(other.init(), "");
  write_some(other, 3);
  ASSERT_EQ(other.catch_up(), "");
  // The stream has a position in the first database, and the path now leads to another.
  copy_database(pipeline_.shop(), aside());
  restore_database(other.shop(), pipeline_.shop());
  expect_refusal(pipeline_.headwater({"run"}), stream_error, "stream.other_source");
  restore_database(aside(), pipeline_.shop());
  // An operator cannot set it either.
  auto stream =
      sqlite::Database::open(other.folder() / "events.db", sqlite::Open::read_only, Origin::usage);
  ASSERT_TRUE(stream);
  const std::string position = stream->text("SELECT position FROM relays").value_or("");
  ASSERT_NE(position, "");
  expect_refusal(pipeline_.headwater({"position", "set", position, "--yes"}), source_error,
                 "source.other_database");
  expect_nothing_lost();
}

TEST_F(bad_input, TwoRelaysOfOneNameWithDifferentSources) {
  const Pipeline other;
  std::string config = contents(pipeline_.config());
  config.replace(config.find("shop.db"), 7, other.shop());
  const std::string second = pipeline_.folder() / "second.yaml";
  write_file(second, config);
  EXPECT_EQ(pipeline_.catch_up(), "");
  const auto before = pipeline_.stream().progress();
  (void)run({.words = {HEADWATER, "init", "-c", second}});
  write_some(other, 3);
  expect_refusal({.words = {HEADWATER, "run", "-c", second, "--log", "json"}}, stream_error,
                 "stream.other_source");
  EXPECT_EQ(pipeline_.stream().progress(), before);
  expect_nothing_lost();
}

/// Inserts a row with a blob of this many MiB.
void insert_blob(const Pipeline& pipeline, int mebibytes) {
  execute(pipeline.shop(),
          "INSERT INTO orders(idempotency_key, status, total, note) VALUES ('large-" +
              std::to_string(mebibytes) + "', 'placed', 1, randomblob(" +
              std::to_string(mebibytes) + " * 1048576))");
}

TEST_F(bad_input, ChangeTooLarge) {
  insert_blob(pipeline_, 101);
  write_some(pipeline_, 3);
  expect_refusal(pipeline_.headwater({"run"}), source_error, "source.change_too_large");
  // Everything before it is in the stream.
  const auto large = query_integer(
      pipeline_.shop(), "SELECT max(seq) FROM _headwater_log WHERE length(v5) > 100000000");
  EXPECT_EQ(static_cast<std::int64_t>(pipeline_.stream().progress()), large - 1);

  pipeline_.configure({.keys = ", on_large_change: gap"});
  ASSERT_EQ(pipeline_.catch_up(), "");
  const auto events = pipeline_.stream().events();
  ASSERT_EQ(events.size(), pipeline_.changes().size());
  EXPECT_EQ(events[static_cast<std::size_t>(large) - 1].type, "shop.orders.gap");
  EXPECT_EQ(pipeline_.id_disagreement(), "");
}

TEST_F(bad_input, ChangeOfNinetyMebibytesPasses) {
  insert_blob(pipeline_, 90);
  const auto last = pipeline_.committed();
  Process relay = pipeline_.relay();
  ASSERT_TRUE(wait_until([&] { return pipeline_.stream().progress() >= last; })) << relay.errors();
  const auto memory = relay.peak_memory() >> 20U;
  std::cout << "peak memory: " << memory << " MiB\n";
  RecordProperty("peak_memory_mib", static_cast<int>(memory));
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  expect_nothing_lost();
}

}  // namespace
}  // namespace headwater::rig
