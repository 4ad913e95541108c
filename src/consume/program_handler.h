// A handler that is a program: it gets events as lines on its stdin and answers on its stdout.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/consumer/handler.h"
#include "src/process/child.h"

namespace headwater::consume {

struct Program {
  std::vector<std::string> words;  ///< The program and its arguments.
  std::string consumer;
  /// Whether it answers whole batches, not each event.
  bool in_batches = false;
  Milliseconds timeout{600'000};  ///< For each answer.
  /// After a stop, for the answers that are under way; and again for ending by itself once its stdin
  /// is closed.
  Milliseconds grace{4'000};
};

/// What the handlers of all workers share.
struct Programs {
  std::atomic<bool> work{false};         ///< Any of them has ever answered.
  std::atomic<std::uint64_t> starts{0};  ///< Of all of them.
};

/// Starts the program when it is needed, and again after it has ended. One thread, in which it must
/// be destroyed, too. Destruction closes the program's stdin, waits for it to end, and then kills
/// it.
class ProgramHandler final : public consumer::Handler {
 public:
  /// All must outlive it.
  ProgramHandler(const Program& program, unsigned worker, Programs& programs, const Clock& clock);
  ~ProgramHandler() override;

  /// Starts the program if it does not run. Fails with `process.cannot_start`.
  Result<void> start();

  /// Sends several events before the first is answered, but never two of the same partition key.
  consumer::Handled handle(const std::shared_ptr<const consumer::Events>& events,
                           const consumer::EventDone& done, std::stop_token stop) override;

 private:
  /// What happened since the last events: it may have ended, or said something without being asked.
  [[nodiscard]] std::optional<Error> look();

  const Program& program_;
  unsigned worker_;
  Programs& programs_;
  const Clock& clock_;
  Wake wake_;
  std::optional<Child> child_;
};

}  // namespace headwater::consume
