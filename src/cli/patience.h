// Retries for commands that read.
#pragma once

#include <stop_token>
#include <utility>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/cli/retry_lines.h"
#include "src/ports/stream.h"

namespace headwater::cli {

class Log;

/// Retries calls that fail with Remedy::retry, logs the retries, and gives up after a few seconds
/// without a success. One thread. All arguments must outlive it.
class Patience {
 public:
  /// The first pause; later ones double.
  Patience(const Clock& clock, Log& log, std::stop_token stop,
           Milliseconds first_pause = Milliseconds(250))
      : clock_(clock), log_(log), stop_(std::move(stop)), first_pause_(first_pause) {}

  /// From now on it only gives up at a stop.
  void be_endless() { endless_ = true; }

  /// Returns the final result of `call`. Blocks between the tries.
  template <class Call>
  auto of(Call call) -> decltype(call()) {
    while (true) {
      auto result = call();
      if (result) {
        failures_ = 0;
        return result;
      }
      if (!wait_after(result.error())) return result;
    }
  }

 private:
  [[nodiscard]] bool wait_after(const Error& error);

  const Clock& clock_;
  Log& log_;
  std::stop_token stop_;
  Milliseconds first_pause_;
  bool endless_ = false;
  int failures_ = 0;  // in a row
  RetryLines lines_;
};

/// A reader that retries its calls. Both arguments must outlive it.
class PatientReader final : public StreamReader {
 public:
  PatientReader(StreamReader& reader, Patience& patience) : reader_(reader), patience_(patience) {}

  Result<StreamRange> range() override {
    return patience_.of([&] { return reader_.range(); });
  }
  [[nodiscard]] std::string life() const override { return reader_.life(); }
  Result<bool> has_beginning() override {
    return patience_.of([&] { return reader_.has_beginning(); });
  }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override {
    return patience_.of([&] { return reader_.read(from, limits, wait, stop); });
  }
  void reuse(std::vector<StoredEvent>&& events) override { reader_.reuse(std::move(events)); }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override {
    return patience_.of([&] { return reader_.acknowledged(consumer); });
  }
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override {
    return patience_.of([&] { return reader_.acknowledge(consumer, sequence); });
  }
  Result<void> forget(const std::string& consumer) override {
    return patience_.of([&] { return reader_.forget(consumer); });
  }

 private:
  StreamReader& reader_;
  Patience& patience_;
};

}  // namespace headwater::cli
