// What a stream's settings mean for the promise.
#include <nats/nats.h>

#include <array>
#include <functional>
#include <string>
#include <utility>

#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

using Kind = Finding::Kind;

/// The problem that `check` finds, which is also why `init` refuses.
Finding problem_with(const std::function<void(jsStreamConfig&)>& set) {
  const rig::NatsServer server;
  std::array<const char*, 2> subjects{"events.>", "headwater.position.EVENTS"};
  server.create([&](jsStreamConfig& config) {
    config.Name = "EVENTS";
    config.Subjects = subjects.data();
    config.SubjectsLen = 2;
    set(config);
  });
  const auto stream = stream_at(server.url());
  auto prepared = stream->prepare("a");
  if (prepared) return {};
  EXPECT_EQ(prepared.error().name, "stream.unsafe_settings") << prepared.error().message;
  EXPECT_EQ(prepared.error().remedy, Remedy::stop);
  Finding found = find(stream->check("a"), Kind::problem, "EVENTS");
  EXPECT_EQ(found.what, prepared.error().message);
  return found;
}

TEST(NatsSettings, ThoseThatBreakThePromiseAreRefused) {
  const auto edit = [](const Finding& found) { return found.what + " | " + found.next; };
  EXPECT_EQ(problem_with([](jsStreamConfig&) {}).what, "");
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) {
              c.Discard = js_DiscardNew;
            })).find("--discard=old"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) {
              c.Retention = js_InterestPolicy;
            })).find("consumers have read"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) {
              c.Retention = js_WorkQueuePolicy;
            })).find("consumers have read"),
            std::string::npos);
  for (const auto& [limit, value] : {std::pair{&jsStreamConfig::MaxAge, 3'600'000'000'000},
                                     {&jsStreamConfig::MaxMsgs, 1'000},
                                     {&jsStreamConfig::MaxBytes, 1'000'000}}) {
    EXPECT_NE(edit(problem_with([limit = limit, value = value](jsStreamConfig& c) {
                c.*limit = value;
              })).find("stream.nats.retention: limits"),
              std::string::npos);
  }
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) { c.NoAck = true; })).find("acknowledges"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) {
              c.MaxMsgsPerSubject = 1;
            })).find("--max-msgs-per-subject=-1"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) {
              c.Duplicates = 1'000'000'000;
            })).find("--dupe-window=2m"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) { c.AllowRollup = true; })).find("remove"),
            std::string::npos);
  EXPECT_NE(edit(problem_with([](jsStreamConfig& c) { c.SubjectsLen = 1; })).find("--subjects="),
            std::string::npos);
}

TEST_F(NatsTest, WhatDurabilityRestsOnIsSaid) {
  find(stream()->check("a"), Kind::ok, "retention: none");
  find(stream()->check("a"), Kind::note, "durability: in files of 1 server");
  server_.edit("EVENTS", [](jsStreamConfig& config) {
    config.MaxAge = 3'600'000'000'000;
    config.MaxBytes = 1'000'000;
  });
  Options wanted;
  wanted.limits = true;
  find(stream(wanted)->check("a"), Kind::note, "3600 s 1000000 bytes");
  EXPECT_TRUE(stream(wanted)->prepare("a"));
}

/// Nobody answers what is published under a subject that no stream has: without a look at the
/// settings nobody would know why. The relay waits, for they may be given back.
TEST_F(NatsTest, SubjectsTakenFromTheStreamAreNamed) {
  const auto made = *stream()->writer("a");
  ASSERT_TRUE(append(*made, 2));
  server_.edit("EVENTS", [](jsStreamConfig& config) {
    static std::array<const char*, 1> others{"others.>"};
    config.Subjects = others.data();
    config.SubjectsLen = 1;
  });
  const auto unanswered = append(*made, 1);
  ASSERT_FALSE(unanswered);
  EXPECT_EQ(unanswered.error().remedy, Remedy::retry);
  const auto looked = made->tail();
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().name, "stream.unsafe_settings") << looked.error().message;
  EXPECT_EQ(looked.error().remedy, Remedy::retry);
  EXPECT_NE(looked.error().next.find("--subjects="), std::string::npos);
}

TEST_F(NatsTest, AMemoryStreamIsCalledOne) {
  server_.create([](jsStreamConfig& config) {
    static std::array<const char*, 2> subjects{"m.>", "headwater.position.MEMORY"};
    config.Name = "MEMORY";
    config.Subjects = subjects.data();
    config.SubjectsLen = 2;
    config.Storage = js_MemoryStorage;
  });
  Options memory;
  memory.stream = "MEMORY";
  memory.subject = "m.{key}";
  find(stream(memory)->check("a"), Kind::note, "in the memory");
}

}  // namespace
}  // namespace headwater::nats
