// What the threads of one consumer share. Private to this folder.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/base/wait_for.h"
#include "src/consumer/consumer.h"
#include "src/consumer/dead_letters.h"
#include "src/consumer/lane.h"
#include "src/consumer/tracker.h"

namespace headwater::consumer {

struct Consumer::Shared {
  Shared(StreamAdapter& stream_, StreamAdapter* letters, Options options_, const Clock& clock_,
         TakeNote note_)
      : stream(stream_),
        options(std::move(options_)),
        clock(clock_),
        note_taker(std::move(note_)),
        window(options.window_bytes) {
    if (letters != nullptr) dead_letters.emplace(*letters, clock);
    for (unsigned i = 0; i < options.workers; ++i) lanes.push_back(std::make_unique<Lane>());
  }

  /// The first failure ends all threads.
  void fail_with(Error error) {
    {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(error);
    }
    ending.request_stop();
  }
  void take_note(const Note& note) {
    const std::lock_guard lock(mutex);
    if (note.kind == Note::Kind::retrying) {
      progress.trouble = note.error.name;
      if (!progress.trouble_since) progress.trouble_since = clock.steady();
      count(progress.retries, note.error.name);
    }
    if (note.kind == Note::Kind::dead_letter) {
      ++progress.dead_letters;
      count(progress.causes, note.error.name);
    }
    if (note_taker) note_taker(note);
  }
  void went_on() {
    const std::lock_guard lock(mutex);
    no_trouble();
  }
  /// The mutex is held.
  void no_trouble() {
    progress.trouble.clear();
    progress.trouble_since.reset();
  }
  static void count(Counts& counts, const std::string& name) {
    const bool fits = counts.size() < most_names_counted || counts.contains(name);
    ++counts[fits ? name : "other"];
  }
  void note_letters(std::uint64_t open) {
    const std::lock_guard lock(mutex);
    progress.letters_open = open;
  }

  /// Repeats `call` while it fails with retry, and returns its value; true if it has none. Nothing,
  /// or false: it ended, or failed, which ends all.
  template <class Call, class Value = typename std::invoke_result_t<Call&>::value_type>
  auto patiently(Call call, const std::stop_token& stop)
      -> std::conditional_t<std::is_void_v<Value>, bool, std::optional<Value>> {
    Milliseconds pause = options.first_pause;
    for (bool failed_before = false;; failed_before = true) {
      auto result = call();
      if (result) {
        if (failed_before) went_on();
        if constexpr (std::is_void_v<Value>) {
          return true;
        } else {
          return *std::move(result);
        }
      }
      if (stop.stop_requested()) return {};
      if (result.error().remedy != Remedy::retry) {
        fail_with(std::move(result.error()));
        return {};
      }
      take_note({.kind = Note::Kind::retrying, .error = result.error(), .pause = pause});
      if (!wait_for(pause, stop)) return {};
      pause = std::min(pause * 2, options.longest_pause);
    }
  }

  void letter_settled() {
    const std::lock_guard lock(mutex);
    --letters_under_way;
    letters_changed.notify_all();
  }
  /// Blocks until no letter is under way, or a stop is requested.
  void wait_for_letters(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    letters_changed.wait(lock, stop, [this] { return letters_under_way == 0; });
  }

  [[nodiscard]] Lane& lane_of(const Event& event) {
    return *lanes[std::hash<std::string>{}(event.partition_key) % lanes.size()];
  }

  StreamAdapter& stream;
  const Options options;
  const Clock& clock;
  TakeNote note_taker;
  std::optional<DeadLetters> dead_letters;
  /// Events that are dead letters already, though the consumer has not passed them.
  std::set<std::pair<std::string, std::string>> already_dead;

  std::stop_source ending;
  Window window;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::unique_ptr<Tracker> tracker;
  std::uint64_t first = 0;  ///< To read.
  /// Opened first, so that it notices a stream that is another one by now.
  std::unique_ptr<StreamReader> acknowledger;

  std::mutex meter_mutex;               ///< Of the next, as its calls take round trips.
  std::unique_ptr<StreamReader> meter;  ///< For lag(); null before the first, and after an error.

  mutable std::mutex mutex;  ///< Of the rest.
  std::condition_variable_any letters_changed;
  std::optional<Error> failure;
  Progress progress;
  std::size_t letters_under_way = 0;  ///< Handed over again, and not settled.
};

}  // namespace headwater::consumer
