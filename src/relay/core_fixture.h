// Helpers that the tests of the relay's core share.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/ports/stopped.h"
#include "src/relay/core.h"

namespace headwater {

constexpr Milliseconds second{1'000};

struct Notes final : RelayObserver {
  void note(const RelayNote& note) override { all.push_back(note); }
  std::vector<RelayNote> all;
};

inline Error error(Remedy remedy, Origin origin, const std::string& name) {
  return {.remedy = remedy, .origin = origin, .name = name, .message = "test"};
}
inline Error stream_away() { return error(Remedy::retry, Origin::stream, "stream.away"); }
inline Error conflict() { return error(Remedy::stand_by, Origin::stream, "stream.conflict"); }
inline Error lost() { return error(Remedy::stop, Origin::source, "source.history_lost"); }

inline Durable at(std::uint64_t sequence, const std::string& position,
                  const std::string& source = "us") {
  return Durable::confirmed_by_stream({sequence, {position}, source});
}

inline ChangeBatch batch(const std::vector<std::string>& ids, const std::string& position,
                         bool current = false) {
  ChangeBatch batch;
  for (const auto& id : ids) {
    Change change;
    change.id = id;
    change.position = {id};
    const std::size_t size = footprint(change);
    batch.add(std::move(change), size);
  }
  batch.position = {position};
  batch.current = current;
  return batch;
}

inline void publish(Change change, std::vector<Event>& events) {
  Event event;
  event.id = std::move(change.id);
  event.position = std::move(change.position);
  events.push_back(std::move(event));
}

/// Drives the lanes by hand.
class Core : public ::testing::Test {
 protected:
  void make() { core.emplace(options, "us", notes); }

  template <class Task>
  Task source() {
    return get<Task>(core->next_for_source(now));
  }
  template <class Task>
  Task stream() {
    return get<Task>(core->next_for_stream(now));
  }
  template <class Task, class Variant>
  Task get(Variant task) {
    const bool as_expected = std::holds_alternative<Task>(task);
    EXPECT_TRUE(as_expected) << "task " << task.index();
    return as_expected ? std::get<Task>(std::move(task)) : Task(blank<Task>());
  }
  template <class Task>
  static Task blank() {
    if constexpr (std::is_same_v<Task, task::Release>) {
      return {at(0, "")};
    } else {
      return {};
    }
  }

  /// Reads the tail, and opens and releases the source there.
  void go_on(const Durable& tail) {
    stream<task::ReadTail>();
    core->tail_read(tail, now);
    open(tail.tail().position.token);
    EXPECT_EQ(source<task::Release>().durable.tail(), tail.tail());
    core->released({}, now);
  }
  /// The same, and does the housekeeping.
  void lead(const Durable& tail) {
    go_on(tail);
    stream<task::Maintain>();
    core->maintained(false, now);
  }
  void open(const std::string& position) {
    EXPECT_EQ(source<task::Open>().after.token, position);
    core->opened({}, now);
  }
  void read(ChangeBatch what) {
    source<task::Read>();
    core->read(std::move(what), now);
  }
  void shape() { shape(get<task::Shape>(core->next_for_shape())); }
  void shape(task::Shape task) {
    core->shaped(
        shape_all(std::move(task.changes), [](Change&& change, std::vector<Event>& events) {
          publish(std::move(change), events);
          return Result<void>();
        }));
  }
  task::Append append(const std::vector<std::string>& ids) {
    auto task = stream<task::Append>();
    std::vector<std::string> found;
    for (const Event& event : task.events) found.push_back(event.id);
    EXPECT_EQ(found, ids);
    return task;
  }
  /// A leader's read of the tail, after this long without appends.
  void check(Result<Durable> tail, Milliseconds idle) {
    now += idle;
    auto task = core->next_for_stream(now);
    if (std::holds_alternative<task::Maintain>(task)) {
      core->maintained(false, now);
      task = core->next_for_stream(now);
    }
    EXPECT_TRUE(std::holds_alternative<task::ReadTail>(task)) << "task " << task.index();
    core->tail_read(std::move(tail), now);
  }
  void check(const Durable& tail) { check(tail, options.tail_interval); }
  /// A leader at sequence 5 that has just lost to another relay, which is at `tail`.
  void stand_by(const Durable& tail) {
    lead(at(5, "e"));
    read(batch({"f"}, "f"));
    shape();
    append({"f"});
    core->appended(fail(conflict()), now);
    stream<task::ReadTail>();
    core->tail_read(tail, now);
    close();
  }
  void close() {
    source<task::Close>();
    core->closed();
  }
  void look(const Durable& tail) {
    now = *stream<task::Wait>().until;
    stream<task::ReadTail>();
    core->tail_read(tail, now);
  }

  /// It has reported that, and leads.
  void expect_end_lost(std::uint64_t sequence) {
    ASSERT_GE(notes.all.size(), 2U);
    const RelayNote& note = notes.all[notes.all.size() - 2];
    EXPECT_EQ(note.kind, RelayNote::Kind::end_lost);
    EXPECT_EQ(note.sequence, sequence);
    EXPECT_EQ(core->progress().state, RelayState::leading);
  }

  RelayOptions options;
  Notes notes;
  SteadyTime now{};
  std::optional<RelayCore> core;
};

}  // namespace headwater
