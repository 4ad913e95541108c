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
  /// Returns when each is done, or a stop was requested.
  void handle(std::vector<Item> items, const std::stop_token& stop);
  /// The same for what a call has left.
  void try_again(std::vector<Item> left, Handled handled, const std::stop_token& stop);
  /// The same for one event; `handled` is what its first try has come to.
  void settle(const Item& item, Handled handled, const std::stop_token& stop);
  [[nodiscard]] Handled try_one(const Item& item, const std::stop_token& stop);

  /// Whether it is one of the attempts that the options limit.
  [[nodiscard]] bool counts(const Handled& handled) const;
  [[nodiscard]] bool gives_up(const Error& cause, unsigned attempts) const;
  void give_up(const Item& item, const Error& cause, unsigned attempts,
               const std::stop_token& stop);
  void done(const StoredEvent& stored, std::uint64_t letter, bool handled);
  void mark_done(std::uint64_t letter);

  /// Returns false if it failed for good, or `stop` was requested before the next try. `cut` ends a
  /// try, too.
  [[nodiscard]] bool append(std::span<const LetterRecord> records, const std::stop_token& cut,
                            const std::stop_token& stop);
  [[nodiscard]] Handled call(const std::shared_ptr<const Events>& events,
                             const EventDone& event_done, const std::stop_token& stop);
  [[nodiscard]] std::shared_ptr<Events> empty_batch() const;

  Consumer::Shared& shared_;
  unsigned number_;
  Handler& handler_;
};

}  // namespace headwater::consumer
