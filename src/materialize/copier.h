// Keeps one copy equal to what the stream says. Knows neither the database nor the broker.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/materialize/decoder.h"
#include "src/materialize/feed.h"
#include "src/materialize/retry.h"
#include "src/ports/stream.h"
#include "src/ports/target.h"

namespace headwater::materialize {

struct CopierOptions {
  std::string stream;  ///< StreamAdapter::describe().
  /// The consumer that holds the stream's retention for the copy; empty: none.
  std::string consumer;
  DecoderOptions decoder;
  End end;
  /// Begins although the stream no longer has its first event.
  bool incomplete = false;
  /// After another process has moved the copy: wait until it stops, instead of failing.
  bool stand_by = false;
  /// How long the place must stand still until this process goes on.
  Milliseconds takeover_after{5'000};
};

struct CopyProgress {
  std::uint64_t events = 0;    ///< Applied by this process.
  std::uint64_t gaps = 0;      ///< Events that say that changes are missing.
  std::uint64_t left_out = 0;  ///< Updates of rows that the copy does not have.
  std::uint64_t sequence = 0;  ///< The copy's place.
  WallTime time{};             ///< Of the event at the place.
};

/// What a copier reports, from the thread that runs it.
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;
  virtual void begins(const CopyPlace& place) = 0;
  virtual void applied(const CopyProgress& progress) = 0;
  virtual void has_gap(const std::string& what) = 0;
  virtual void stands_by(const Error& why) = 0;
};

/// One thread, and one of its own that reads ahead. All references must outlive it.
class Copier {
 public:
  /// `reading` and `asking` are two readers of one stream.
  Copier(StreamReader& reading, StreamReader& asking, Target& target, CopierOptions options,
         const Clock& clock, Retry retry, CopyObserver& observer);

  /// Until the end, a stop or an error. Fails with stop: `materialize.aged_out`,
  /// `materialize.other_stream`, `materialize.beginning_removed`, `stream.beyond_end`,
  /// `stream.recreated`; those of Decoder and Target; with stand_by: `target.conflict`.
  Result<void> run(std::stop_token stop);

  [[nodiscard]] const CopyProgress& progress() const { return progress_; }

 private:
  Result<void> begin();
  [[nodiscard]] Result<void> check_options() const;
  Result<void> check_place();
  Result<void> hold_retention();
  Result<void> forget();
  Result<void> follow();
  Result<void> apply(Batch& batch);
  Result<void> apply_once(Batch& batch, bool& in_doubt);
  Result<void> acknowledge(bool now);
  Result<void> wait_for_other();

  StreamReader& reading_;
  StreamReader& asking_;
  Target& target_;
  CopierOptions options_;
  std::string made_with_;  // CopyPlace::options
  const Clock& clock_;
  Retry retry_;
  CopyObserver& observer_;
  std::stop_token stop_;
  CopyPlace place_;
  CopyProgress progress_;
  SteadyTime acknowledged_at_{};
  std::uint64_t acknowledged_ = 0;
};

}  // namespace headwater::materialize
