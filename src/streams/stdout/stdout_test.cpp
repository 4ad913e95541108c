#include "src/streams/stdout/stdout.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include "src/config/config.h"
#include "src/event/event.h"
#include "src/json/json.h"
#include "src/streams/stdout/position_file.h"
#include "testing/contract/stream_child.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/waiting.h"

namespace headwater::stdout_stream {
namespace {

using testing::count_position;
using ::testing::HasSubstr;
using testing::sample_batch;
using testing::sample_event;
using testing::sample_source;

class StdoutTest : public ::testing::Test {
 protected:
  StdoutTest()
      : output_(
            ::open((folder_ / "output").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}
  ~StdoutTest() override { ::close(output_); }

  [[nodiscard]] std::string position() const { return folder_ / "position"; }
  [[nodiscard]] std::unique_ptr<StreamAdapter> stream(int descriptor) const {
    return make_stream({.position = position(), .descriptor = descriptor});
  }
  [[nodiscard]] std::unique_ptr<StreamWriter> writer() const {
    return *stream(output_)->writer("a");
  }
  [[nodiscard]] std::string written() const { return rig::contents(folder_ / "output"); }

  static Result<Durable> append(StreamWriter& into, std::uint64_t count) {
    const Tail tail = into.tail()->tail();
    const std::uint64_t done = testing::counted(tail.position);
    return into.append(tail, sample_batch("a", done + 1, count), count_position(done + count),
                       sample_source);
  }

  rig::TemporaryFolder folder_;
  int output_;
};

TEST_F(StdoutTest, EachEventIsALineAndNumbersGoOnAfterARestart) {
  ASSERT_TRUE(append(*writer(), 2));
  ASSERT_TRUE(append(*writer(), 1));
  std::string expected;
  std::uint64_t sequence = 0;
  for (const auto& batch : {sample_batch("a", 1, 2), sample_batch("a", 3, 1)}) {
    for (const Event& event : batch) {
      expected += to_json({.sequence = ++sequence, .event = event}) + "\n";
    }
  }
  EXPECT_EQ(written(), expected);
}

TEST_F(StdoutTest, ItIsLabelledAtLeastOnce) {
  EXPECT_FALSE(stream(output_)->exactly_once());
  const auto report = stream(output_)->prepare("a");
  ASSERT_TRUE(report);
  EXPECT_THAT(report->back().what, HasSubstr("may be repeated"));
}

TEST_F(StdoutTest, AReaderThatIsGoneIsAClearErrorAndNoSignal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  auto into = *stream(ends[1])->writer("a");
  auto appended = append(*into, 1);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.broken_pipe");
  EXPECT_EQ(appended.error().remedy, Remedy::stop);
  EXPECT_EQ(into->tail()->tail(), Tail{});
  ::close(ends[1]);
}

TEST_F(StdoutTest, AFullDiskIsWaitedOut) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  auto into = *stream(full)->writer("a");
  auto appended = append(*into, 1);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().name, "stream.disk_full");
  EXPECT_EQ(appended.error().remedy, Remedy::retry);
  EXPECT_EQ(into->tail()->tail(), Tail{});
  // The same descriptor, with space again.
  ASSERT_EQ(::dup2(output_, full), full);
  ASSERT_TRUE(append(*into, 1));
  // A separate line, in case a part of one had been written.
  EXPECT_EQ(written(), "\n" + to_json({.sequence = 1, .event = sample_event("a", 1)}) + "\n");
  ::close(full);
}

TEST_F(StdoutTest, AClosedOutputIsNamed) {
  auto into = *stream(1'000'000)->writer("a");
  auto appended = append(*into, 1);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().remedy, Remedy::stop);
  EXPECT_THAT(appended.error().message, HasSubstr("standard output"));
}

TEST_F(StdoutTest, LargeEventsAreWrittenWhole) {
  auto event = sample_event("a", 1);
  event.data = "\"" + std::string(3'000'000, 'x') + "\"";
  ASSERT_TRUE(writer()->append({}, {&event, 1}, count_position(1), sample_source));
  EXPECT_EQ(written(), to_json({.sequence = 1, .event = event}) + "\n");
}

TEST_F(StdoutTest, APositionThatCannotBeSavedMovesNothing) {
  auto into = writer();
  ASSERT_TRUE(append(*into, 1));
  const Tail before = into->tail()->tail();
  std::filesystem::create_directory(position() + ".new");
  ASSERT_FALSE(append(*into, 1));
  EXPECT_EQ(into->tail()->tail(), before);
  std::filesystem::remove(position() + ".new");
  // The event comes again: at least once.
  ASSERT_TRUE(append(*into, 1));
  const std::string line = to_json({.sequence = 2, .event = sample_event("a", 2)}) + "\n";
  EXPECT_THAT(written(), HasSubstr(line + line));
}

TEST_F(StdoutTest, AnotherRelaysPositionIsRefused) {
  ASSERT_TRUE(append(*writer(), 1));
  auto found = (*stream(output_)->writer("b"))->tail();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().name, "stream.other_relay");
  EXPECT_EQ(found.error().remedy, Remedy::stop);
  EXPECT_FALSE(stream(output_)->remove("b"));
  EXPECT_TRUE((*stream(output_)->writer("a"))->tail());
}

TEST_F(StdoutTest, WhatIsNoPositionFileIsRefused) {
  for (
      const char* text :
      {"", "not json", "[]", "{}", R"({"headwater_stdout_position":1})",
       R"({"headwater_stdout_position":1,"relay":"a","source":"s","sequence":-1,"position":""})",
       R"({"headwater_stdout_position":1,"relay":"a","source":"s","sequence":1,"position":"0"})",
       R"({"headwater_stdout_position":1,"relay":"a","source":"s","sequence":1,"position":"xy"})"}) {
    rig::write_file(position(), text);
    auto found = writer()->tail();
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().name, "stream.bad_position_file") << text;
    EXPECT_EQ(found.error().remedy, Remedy::stop);
    EXPECT_EQ(rig::contents(position()), text);
  }
}

TEST_F(StdoutTest, MembersOfAnotherTypeAreRefused) {
  const Json good{{"headwater_stdout_position", 1},
                  {"position", "00"},
                  {"relay", "a"},
                  {"sequence", 1},
                  {"source", "s"}};
  for (const auto& member : good.members()) {
    for (const char* value : {"null", "true", "-1", "1.5", "1e300", "[1]", "{}"}) {
      Json bad = good;
      bad.set(member.name, *Json::parse(value));
      rig::write_file(position(), bad.dump());
      auto found = writer()->tail();
      ASSERT_FALSE(found) << bad;
      EXPECT_EQ(found.error().name, "stream.bad_position_file") << bad;
    }
  }
  rig::write_file(position(), std::string(100'000, '['));
  EXPECT_FALSE(writer()->tail());
}

TEST_F(StdoutTest, ANewerVersionIsRefusedNamingBoth) {
  rig::write_file(position(), R"({"headwater_stdout_position":2})");
  auto found = writer()->tail();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().name, "stream.newer_version");
  EXPECT_THAT(found.error().message, HasSubstr("version 2"));
  EXPECT_THAT(found.error().message, HasSubstr("up to 1"));
}

TEST_F(StdoutTest, TheStoredSampleReadsBackExactly) {
  std::filesystem::copy_file(std::string(HEADWATER_SAMPLES) + "/position-v1.json", position());
  auto found = (*stream(output_)->writer("orders"))->tail();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail(), (Tail{.sequence = 18'446'744'073'709'551'615U,
                                 .position = Position{std::string("1 42\0\xff", 6)},
                                 .source = "sqlite:0b2f6a52-6f0e-4a57-9f5e-3a1f8f0c7d11"}));
}

TEST_F(StdoutTest, APositionIsSavedAsTheStoredSample) {
  const std::string sample = std::string(HEADWATER_SAMPLES) + "/position-v1.json";
  const auto tail = PositionFile(sample, "orders").load();
  ASSERT_TRUE(tail) << tail.error().message;
  ASSERT_TRUE(PositionFile(position(), "orders").save(*tail));
  EXPECT_EQ(rig::contents(position()), rig::contents(sample));
}

TEST_F(StdoutTest, AReadOnlyFolderIsRefused) {
  const rig::TemporaryFolder folder;
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto outcome =
      rig::run({.words = {HEADWATER_STDOUT_CHILD, folder / "position", "append", "a", "9"},
                .bound_by_permissions = true});
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(outcome.exit.code, 1);
  EXPECT_THAT(outcome.errors, HasSubstr("stream.read_only"));
  EXPECT_EQ(outcome.output, "");
}

TEST_F(StdoutTest, ALineCutShortByAKillSpoilsNoOther) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int ends = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  const auto waiting = [ends] {
    int bytes = 0;
    ::ioctl(ends, FIONREAD, &bytes);
    return static_cast<std::size_t>(bytes);
  };
  const auto take = [&] {
    std::string bytes(waiting(), ' ');
    EXPECT_EQ(::read(ends, bytes.data(), bytes.size()), std::ssize(bytes));
    return bytes;
  };
  {
    // The pipe is full long before the batch is written.
    rig::Process child({.words = {HEADWATER_STDOUT_CHILD, position(), "quiet", "a", "9000", "9000"},
                        .output = pipe});
    const auto room = static_cast<std::size_t>(::fcntl(ends, F_GETPIPE_SZ));
    ASSERT_TRUE(rig::wait_until([&] { return waiting() == room; })) << child.errors();
    child.kill();
  }
  const std::string cut = take();
  ASSERT_FALSE(cut.ends_with('\n')) << "the kill fell between two lines; choose other events";
  auto into = *stream(ends)->writer("a");
  ASSERT_TRUE(append(*into, 1));
  ASSERT_TRUE(append(*into, 1));
  EXPECT_EQ(take(), "\n" + to_json({.sequence = 1, .event = sample_event("a", 1)}) + "\n" +
                        to_json({.sequence = 2, .event = sample_event("a", 2)}) + "\n");
  ::close(ends);
}

TEST_F(StdoutTest, AKilledRelayLosesNothing) {
  for (int round = 0; round < 5; ++round) {
    rig::Process child({.words = {HEADWATER_STDOUT_CHILD, position(), "quiet", "a", "1000000000"},
                        .output = folder_ / "output"});
    const std::size_t before = written().size();
    ASSERT_TRUE(rig::wait_until([&] { return written().size() > before + 50'000; }));
    child.kill();
  }
  // Every event up to the tail is there, each number's first appearance in order.
  const std::uint64_t count = testing::counted(writer()->tail()->tail().position);
  std::uint64_t next = 1;
  std::istringstream lines(written());
  for (std::string line; std::getline(lines, line);) {
    auto stored = event_from_json(line);
    if (!stored) continue;  // cut off by a kill
    ASSERT_LE(stored->sequence, next);
    EXPECT_EQ(stored->event.id, "a:" + std::to_string(stored->sequence));
    if (stored->sequence == next) ++next;
  }
  EXPECT_GT(next, count);
}

TEST(StdoutFromConfig, ThePositionFileIsRequired) {
  const SystemClock clock;
  auto good = make_stdout_stream(*config::parse("position: orders.position", "/etc/r.yaml"), clock);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ((*good)->describe(), "standard output");
  for (const char* yaml : {"{}", "{ position: p, colour: red }"}) {
    auto bad = make_stdout_stream(*config::parse(yaml, "/etc/r.yaml"), clock);
    ASSERT_FALSE(bad) << yaml;
    EXPECT_EQ(bad.error().origin, Origin::usage);
  }
}

}  // namespace
}  // namespace headwater::stdout_stream
