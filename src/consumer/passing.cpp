#include "src/consumer/passing.h"

#include <algorithm>
#include <memory>

#include "src/base/wait_for.h"

namespace headwater::consumer {
namespace {

// The first look comes at once: often the write is there.
constexpr Milliseconds first_pause{5};
constexpr Milliseconds longest_pause{100};

class Waiting {
 public:
  Waiting(SourceAdapter& source, StreamAdapter& stream, const Wanted& wanted, Milliseconds patience,
          const Clock& clock, const std::stop_token& stop)
      : source_(source),
        stream_(stream),
        wanted_(wanted),
        clock_(clock),
        stop_(stop),
        end_(clock.steady() + patience) {}

  Result<std::uint64_t> run() {
    // Words that nobody understands are an error before any waiting.
    if (auto understood = source_.includes(wanted_.relay, Position(), wanted_.write); !understood) {
      return failed(understood);
    }
    auto sequence = until([this] { return in_stream(); });
    if (!sequence || wanted_.consumer.empty()) return sequence;
    return until([&] { return passed(*sequence); });
  }

 private:
  /// Asks until the answer is a sequence, not 0.
  template <class Ask>
  Result<std::uint64_t> until(Ask ask) {
    for (Milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
      auto answer = ask();
      const bool may_come = !answer && answer.error().remedy == Remedy::retry;
      if (!may_come && (!answer || *answer != 0)) return answer;
      const bool ended = stop_.stop_requested() || clock_.steady() >= end_;
      if (ended || !wait_for(pause, stop_))
        return fail(not_yet(answer ? "" : answer.error().message));
    }
  }

  Result<std::uint64_t> in_stream() {
    if (!writer_) {
      auto writer = stream_.writer(wanted_.relay);
      if (!writer) return failed(writer);
      writer_ = *std::move(writer);
    }
    auto tail = writer_->tail(stop_);
    if (!tail) return failed(tail);
    where_ = tail->tail();
    if (where_.position.empty()) return 0;
    auto included = source_.includes(wanted_.relay, where_.position, wanted_.write);
    if (!included) return failed(included);
    // A relay without events has passed the write, too: whatever it was, it is not published.
    return *included ? std::max<std::uint64_t>(where_.sequence, 1) : 0;
  }

  Result<std::uint64_t> passed(std::uint64_t sequence) {
    in_stream_ = true;
    if (!reader_) {
      auto reader = stream_.reader();
      if (!reader) return failed(reader);
      reader_ = *std::move(reader);
    }
    auto place = reader_->acknowledged(wanted_.consumer);
    if (!place) return failed(place);
    place_ = place->value_or(0);
    return place_ >= std::min(sequence, where_.sequence) ? sequence : 0;
  }

  [[nodiscard]] Error not_yet(const std::string& trouble) const {
    Error error{.remedy = Remedy::retry, .origin = Origin::stream, .name = "wait.not_yet"};
    if (in_stream_) {
      error.message = "the write is in the stream, at or before event " +
                      std::to_string(where_.sequence) + ", but consumer " + wanted_.consumer +
                      " is at " + std::to_string(place_);
      error.next = "see whether the consumer runs";
    } else {
      error.message = "the write is not in the stream yet; relay " + wanted_.relay + " is at " +
                      (where_.position.empty() ? std::string("its beginning")
                                               : source_.explain(where_.position));
      error.next = "see whether the relay runs, and follows the table: headwater check -c FILE";
    }
    if (!trouble.empty()) error.message += " (" + trouble + ")";
    return error;
  }

  SourceAdapter& source_;
  StreamAdapter& stream_;
  const Wanted& wanted_;
  const Clock& clock_;
  const std::stop_token& stop_;
  SteadyTime end_;
  std::unique_ptr<StreamWriter> writer_;
  std::unique_ptr<StreamReader> reader_;
  Tail where_;
  std::uint64_t place_ = 0;
  bool in_stream_ = false;
};

}  // namespace

Result<std::uint64_t> wait_until_passed(SourceAdapter& source, StreamAdapter& stream,
                                        const Wanted& wanted, Milliseconds patience,
                                        const Clock& clock, const std::stop_token& stop) {
  return Waiting(source, stream, wanted, patience, clock, stop).run();
}

}  // namespace headwater::consumer
