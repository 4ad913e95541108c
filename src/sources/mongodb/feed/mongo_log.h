// A change stream, for the snapshot join.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/deployment.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/feed/split_event.h"
#include "src/sources/shared/change_log.h"
#include "src/sources/shared/policies.h"

namespace headwater::mongodb {

/// Now, and no snapshot: with the first change after the newest time a majority has.
Result<MongoPosition> position_now(const SourceOptions& options, const std::string& identity,
                                   Connection& connection);

class MongoLog final : public sources::ChangeLog {
 public:
  /// `clock` must outlive it.
  MongoLog(std::shared_ptr<Deployment> deployment, std::string identity, const Clock& clock);

  // mongo_log_open.cpp
  Result<sources::Place> seek(const Position& position, const std::stop_token& stop) override;
  Result<void> start(sources::StartAt where, const std::stop_token& stop) override;
  void stop() override;
  void want_keys(bool wanted) override { keys_wanted_ = wanted; }
  [[nodiscard]] sources::Mark opened() const override { return opened_; }
  void describe_gap(Change& gap, const Position& lost) const override;
  Result<UntilLoss> until_loss(const Position& position) override;
  [[nodiscard]] std::optional<SourceLag> lag(const Position& position) const override;

  // mongo_log.cpp
  Result<sources::LogChange*> next() override;
  void take() override;
  [[nodiscard]] std::size_t at_hand() const override;
  Result<sources::Came> wait(Milliseconds wait, bool soon, const std::stop_token& stop) override;
  void take_end() override;
  [[nodiscard]] Error last_word(Error error) override {
    return deployment_->access_error(std::move(error));
  }
  [[nodiscard]] sources::LogPoint taken() const override;
  [[nodiscard]] sources::Mark mark(sources::LogPoint point) const override;
  [[nodiscard]] bool reached(const sources::Mark& mark) const override;
  [[nodiscard]] Position position(const sources::Place& place) const override {
    return encode(head_, at_, place);
  }

  /// Without the join's part.
  [[nodiscard]] const MongoPosition& at() const { return at_; }

 private:
  static constexpr std::int32_t first_count = 64;
  struct Next {
    sources::LogChange change;
    ResumeToken token;
    ClusterTime time;
  };
  /// The stream had no more changes at that answer.
  struct End {
    std::uint64_t answer = 0;  // the number of the tailer's answer
    std::optional<ClusterTime> time;
  };

  // mongo_log_open.cpp
  Result<void> start_at(const MongoPosition& position, const std::stop_token& stop);
  [[nodiscard]] std::optional<Error> loss_in(const Failure& failure,
                                             const MongoPosition& position) const;
  [[nodiscard]] Error error_of(const Failure& failure) const;
  [[nodiscard]] Error silence() const;

  // mongo_log_large.cpp
  [[nodiscard]] static bool about_images(const Failure& failure);
  [[nodiscard]] static bool about_an_event(const Failure& failure);
  Result<void> hunt(const Failure& failure);
  Result<void> pass(const Failure& failure);

  // mongo_log.cpp
  Result<void> make_change_of(const DocView& event);
  void make_next(DecodedChange&& decoded, const bson_t& event);
  void ask(Milliseconds wait, bool soon);
  Result<sources::Came> take_answer(Answer<StreamBatch> answer);
  void adapt_count(const StreamBatch& batch);
  Result<void> follow_closed_cursor();
  [[nodiscard]] StartAt here() const;
  [[nodiscard]] Error out_of_order() const;

  [[nodiscard]] const SourceOptions& options() const { return deployment_->options(); }
  [[nodiscard]] Tailer& tailer() const { return deployment_->link().tailer; }

  std::shared_ptr<Deployment> deployment_;
  std::string identity_;
  std::string fingerprint_;
  const Clock* clock_;
  ChangeDecoder decoder_;

  MongoPosition at_;  // of what was taken; its place is not used
  std::string head_ = head_of(at_);
  sources::Mark opened_;
  std::optional<StreamBatch> batch_;
  bool batch_over_ = false;  // all events of it are taken
  SplitEvent parts_;         // of an event, so far
  Next next_;
  bool next_ready_ = false;    // next_ is not taken
  std::optional<End> end_;     // the last one found
  ResumeToken end_token_;      // where that was; empty: taken
  ResumeToken behind_closed_;  // where the cursor began if the one before was closed; else empty
  std::atomic<std::uint32_t> newest_{0};  // seconds of the server's newest time; 0: unknown
  bool keys_wanted_ = false;
  std::int32_t hunting_ = 0;          // events to read one at a time: one of them cannot be sent
  std::int32_t count_ = first_count;  // events in the next batch
};

}  // namespace headwater::mongodb
