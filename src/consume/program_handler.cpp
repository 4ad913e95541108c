#include "src/consume/program_handler.h"

#include <csignal>
#include <utility>

#include "src/consume/exchange.h"

namespace headwater::consume {

using consumer::Events;
using consumer::Handled;

ProgramHandler::ProgramHandler(const Program& program, unsigned worker, Programs& programs,
                               const Clock& clock)
    : program_(program), worker_(worker), programs_(programs), clock_(clock) {}

ProgramHandler::~ProgramHandler() {
  if (!child_) return;
  child_->close_input();
  if (child_->wait(program_.grace)) return;
  child_->signal(SIGTERM);
  constexpr Milliseconds last_patience{1'000};
  (void)child_->wait(last_patience);
}

Result<void> ProgramHandler::start() {
  if (child_) return {};
  std::vector<std::string> environment{"HEADWATER_CONSUMER=" + program_.consumer,
                                       "HEADWATER_WORKER=" + std::to_string(worker_)};
  if (program_.in_batches) environment.emplace_back("HEADWATER_BATCH=1");
  auto child = Child::start({.words = program_.words, .environment = std::move(environment)});
  if (!child) return failed(child);
  child_ = *std::move(child);
  ++programs_.starts;
  return {};
}

std::optional<Error> ProgramHandler::look() {
  if (!child_) return std::nullopt;
  const bool has_ended = child_->wait(Milliseconds(0));
  const bool spoke = !child_->lines().empty() || child_->unfinished() > 0;
  if (spoke || has_ended || child_->exit_code()) child_.reset();
  if (!spoke) return std::nullopt;
  return Error{.remedy = Remedy::retry,
               .origin = Origin::usage,
               .name = "handler.bad_answer",
               .message = "the handler printed something on its stdout without being asked",
               .next = "print answers only, one for each event; stderr is for everything else"};
}

Handled ProgramHandler::handle(const std::shared_ptr<const Events>& events,
                               const consumer::EventDone& done, std::stop_token stop) {
  auto trouble = look();
  if (!trouble) {
    if (auto started = start(); !started) trouble = std::move(started.error());
  }
  if (trouble) {
    return {
        .left = all_of(events->events), .failures = {{0, *std::move(trouble)}}, .blameless = true};
  }
  const std::stop_callback waking(stop, [this] { wake_.signal(); });
  Exchange exchange(program_, *events, done, *child_, wake_, clock_);
  Handled handled = exchange.run(stop);
  if (exchange.answered()) programs_.work = true;
  if (exchange.broken()) {
    child_.reset();
    // A program that never answers is broken itself; no event is to blame for that.
    handled.blameless = !programs_.work;
  }
  wake_.drain();
  return handled;
}

}  // namespace headwater::consume
