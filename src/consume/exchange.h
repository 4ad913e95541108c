// One batch of events and its answers. Private to this folder.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/consume/answer.h"
#include "src/consume/program_handler.h"
#include "src/consumer/handler.h"
#include "src/process/child.h"

namespace headwater::consume {

/// The indexes of all events.
[[nodiscard]] std::vector<std::size_t> all_of(const std::vector<StoredEvent>& events);

/// One thread. All must outlive it.
class Exchange {
 public:
  Exchange(const Program& program, const consumer::Events& events,
           const consumer::EventDone& event_done, Child& child, const Wake& wake,
           const Clock& clock)
      : program_(program),
        events_(events.events),
        event_done_(event_done),
        child_(child),
        wake_(wake),
        clock_(clock) {}

  /// Blocks until each event is answered, something fails, or a stop was requested and `grace` is
  /// over: what the program has been given may still be answered.
  consumer::Handled run(const std::stop_token& stop);

  /// Whether the program is of no more use: it has ended, is silent, or says what is no answer.
  [[nodiscard]] bool broken() const { return broken_.has_value(); }
  /// Whether it has answered anything.
  [[nodiscard]] bool answered() const { return answered_; }

 private:
  /// Puts lines into the buffer while they may be sent.
  void fill();
  void fill_batch();
  /// Sends and receives what is possible without waiting for more.
  void send();
  /// Returns whether there were answers.
  [[nodiscard]] bool receive();
  void take(const std::string& line);
  void failed_at(std::size_t index, const Answer& answer);
  /// Takes back what the program has not been given, not even in part.
  void begin_stop();
  /// Blocks until the program is ready, a stop was requested, or `deadline_` is over.
  void wait(const std::stop_token& stop);
  void broke(Error error);
  [[nodiscard]] bool done() const;
  [[nodiscard]] consumer::Handled result();
  [[nodiscard]] consumer::Handled result_of_batch();

  /// A question: the event, and its bytes among all that are sent.
  struct Asked {
    std::size_t index;
    std::size_t begin;
    std::size_t end;
  };

  const Program& program_;
  const std::vector<StoredEvent>& events_;
  const consumer::EventDone& event_done_;
  Child& child_;
  const Wake& wake_;
  const Clock& clock_;

  std::string unsent_;
  std::size_t sent_ = 0;                   ///< Bytes, in all.
  std::size_t next_ = 0;                   ///< The first event that is not in the pipe.
  std::deque<Asked> asked_;                ///< Sent or about to be, and not answered.
  std::set<std::string_view> keys_;        ///< Of those.
  std::map<std::size_t, Error> failures_;  ///< Answered, but not with ok.
  std::optional<Error> broken_;
  bool answered_ = false;
  bool stopping_ = false;
  bool out_of_time_ = false;  ///< After a stop.
  SteadyTime deadline_{};
};

}  // namespace headwater::consume
