// One worker: takes events from its lane, calls its handler, and deals with what fails. Private to
// this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "src/consumer/shared.h"

namespace headwater::consumer {

/// One thread.
class Worker {
 public:
  /// Both must outlive it.
  Worker(Consumer::Shared& shared, unsigned number, Handler& handler)
      : shared_(shared), number_(number), handler_(handler) {}

  /// Until a stop is requested.
  void run(const std::stop_token& stop);

 private:
  /// Returns when each is settled (handled, or a dead letter), or a stop was requested.
  void handle(std::vector<Item> items, const std::stop_token& stop);
  /// The same for one that has failed: alone, after growing pauses. Returns whether it is handled.
  bool retry(const Item& item, const std::stop_token& stop);

  enum class Outcome {
    handled,  ///< All of them.
    failed,   ///< At least those that are marked.
    unclear,  ///< Any of those left may be the cause.
  };
  /// Hands them over together, and keeps those that are not settled. `pause` is that before the next
  /// try.
  [[nodiscard]] Outcome try_once(std::vector<Item>& items, Milliseconds pause,
                                 const std::stop_token& stop);
  /// Only those that are left keep their events; the others are done.
  [[nodiscard]] Handled hand_over(std::vector<Item>& items, const std::stop_token& stop);

  /// Whether it is tried again after a failure. If not, it is settled, unless a stop is requested.
  [[nodiscard]] bool may_try_again(Item& item, const Error& cause, bool blameless,
                                   Milliseconds pause, const std::stop_token& stop);
  [[nodiscard]] bool gives_up(const Error& cause, unsigned attempts) const;
  void give_up(const Item& item, const Error& cause, const std::stop_token& stop);
  void done(const StoredEvent& stored, std::uint64_t letter, bool handled);
  void mark_done(std::uint64_t letter);

  /// Returns false if it failed for good, or `stop` was requested before the next try. `cut` ends a
  /// try, too.
  [[nodiscard]] bool append(std::span<const LetterRecord> records, const std::stop_token& cut,
                            const std::stop_token& stop);
  [[nodiscard]] std::shared_ptr<Events> empty_batch() const;

  Consumer::Shared& shared_;
  unsigned number_;
  Handler& handler_;
};

}  // namespace headwater::consumer
