#include "src/consumer/consumer.h"

#include <headwater/consumer.h>

#include <exception>
#include <mutex>
#include <utility>

#include "src/base/consumer_name.h"
#include "src/client/convert.h"

namespace headwater::client {
namespace {

constexpr unsigned most_workers = 1'000;

/// Calls the user's function.
class FunctionHandler final : public consumer::Handler {
 public:
  explicit FunctionHandler(const client::Handler& handler) : handler_(handler) {}

  consumer::Handled handle(const std::shared_ptr<const consumer::Events>& events,
                           const consumer::EventDone& /*done*/, std::stop_token) override {
    const Batch batch(std::make_shared<Batch::Held>(Batch::Held{events}));
    auto handled = called(batch);
    if (handled) return {};
    return consumer::Handled::nothing(batch.size(), to_internal(handled.error()));
  }

 private:
  /// An exception of the user's code is a failure like another.
  Result<void> called(const Batch& batch) {
    try {
      return handler_(batch);
    } catch (const std::exception& exception) {
      return Error{.remedy = Remedy::retry,
                   .name = "consumer.handler_threw",
                   .message = std::string("the handler threw: ") + exception.what()};
    } catch (...) {
      return Error{.remedy = Remedy::retry,
                   .name = "consumer.handler_threw",
                   .message = "the handler threw something that is no std::exception"};
    }
  }

  const client::Handler& handler_;
};

consumer::Options to_internal(const ConsumerOptions& options) {
  return {.name = options.name,
          .first = to_internal(options.first),
          .limits = {.count = options.limits.events, .bytes = options.limits.bytes},
          .workers = options.workers,
          .on_failure = static_cast<consumer::OnFailure>(options.on_failure),
          .attempts = options.attempts,
          .first_pause = options.first_pause,
          .longest_pause = options.longest_pause,
          .skip_aged_out = options.skip_aged_out};
}

std::string complaint_about(const ConsumerOptions& options) {
  if (!is_consumer_name(options.name)) {
    return "a consumer's name has 1 to 200 bytes, none of them NUL";
  }
  if (options.workers == 0 || options.workers > most_workers) return "workers must be 1 to 1000";
  if (options.attempts == 0) return "attempts must be at least 1";
  if (options.limits.events == 0) return "limits.events must be at least 1";
  if (options.first_pause.count() <= 0 || options.longest_pause < options.first_pause) {
    return "the first pause must be more than 0, and the longest not less";
  }
  return "";
}

}  // namespace

static_assert(static_cast<int>(OnFailure::stop) == static_cast<int>(consumer::OnFailure::stop) &&
              static_cast<int>(OnFailure::dead_letter) ==
                  static_cast<int>(consumer::OnFailure::dead_letter));

struct Consumer::State {
  State(const Stream& stream_, ConsumerOptions options_)
      : stream(stream_), options(std::move(options_)) {}

  Result<void> open() {
    StreamAdapter* const letters =
        options.dead_letters ? options.dead_letters->held().adapter.get() : nullptr;
    auto made = std::make_shared<consumer::Consumer>(*stream.held().adapter, letters,
                                                     to_internal(options), stream.held().clock);
    if (auto opened = made->open(); !opened) return to_public(opened.error());
    const std::lock_guard lock(mutex);
    consumer = std::move(made);
    return {};
  }

  Result<void> run(const client::Handler& handler, const std::stop_token& stop, bool to_end) {
    // The program's consumer runs once.
    if (std::exchange(has_run, true)) {
      if (auto opened = open(); !opened) return opened;
    }
    auto ended = current()->run(
        [&](unsigned) { return std::make_unique<FunctionHandler>(handler); }, stop, to_end);
    if (!ended) return to_public(ended.error());
    return {};
  }

  [[nodiscard]] std::shared_ptr<consumer::Consumer> current() const {
    const std::lock_guard lock(mutex);
    return consumer;
  }

  const Stream stream;
  const ConsumerOptions options;
  bool has_run = false;
  mutable std::mutex mutex;
  std::shared_ptr<consumer::Consumer> consumer;
};

Consumer::Consumer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer& Consumer::operator=(Consumer&&) noexcept = default;
Consumer::~Consumer() = default;

Result<Consumer> Consumer::open(const Stream& stream, ConsumerOptions options) {
  if (const std::string complaint = complaint_about(options); !complaint.empty()) {
    return Error{.name = "consumer.bad_options",
                 .message = complaint,
                 .next = "see ConsumerOptions in headwater/consumer.h"};
  }
  auto state = std::make_unique<State>(stream, std::move(options));
  if (auto opened = state->open(); !opened) return opened.error();
  return Consumer(std::move(state));
}

Result<void> Consumer::run(const Handler& handler, std::stop_token stop) {
  return state_->run(handler, stop, false);
}

Result<void> Consumer::run_to_end(const Handler& handler, std::stop_token stop) {
  return state_->run(handler, stop, true);
}

Progress Consumer::progress() const {
  consumer::Progress now = state_->current()->progress();
  return {.acknowledged = now.acknowledged,
          .handled = now.handled,
          .failed = now.failed,
          .dead_letters = now.dead_letters,
          .trouble = std::move(now.trouble)};
}

Result<Lag> Consumer::lag() {
  auto lag = state_->current()->lag();
  if (!lag) return to_public(lag.error());
  return to_public(*lag);
}

}  // namespace headwater::client
