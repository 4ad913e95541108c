// Opening: where the stream ended, and whether the server still has that place.
#include <algorithm>
#include <chrono>
#include <utility>

#include "src/ports/stopped.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/mongo_log.h"
#include "src/sources/mongodb/feed/mongo_tables.h"

namespace headwater::mongodb {

Result<MongoPosition> position_now(const SourceOptions& options, const std::string& identity,
                                   Connection& connection) {
  auto facts = connection.facts();
  if (!facts) return failed(facts);
  MongoPosition position;
  position.source = identity;
  position.fingerprint = fingerprint(options.watch, options.pipeline);
  position.time = facts->majority;
  // Starting at a time includes the changes of that time.
  ++position.time.increment;
  return position;
}

MongoLog::MongoLog(std::shared_ptr<Deployment> deployment, std::string identity, const Clock& clock)
    : deployment_(std::move(deployment)),
      identity_(std::move(identity)),
      fingerprint_(fingerprint(options().watch, options().pipeline)),
      clock_(&clock),
      decoder_(options().watch, options().form) {}

void MongoLog::stop() {
  tailer().end();
  batch_.reset();
  parts_.reset();
  next_ready_ = false;
  end_.reset();
  end_token_ = {};
  behind_closed_ = {};
}

Result<sources::Place> MongoLog::seek(const Position& position, const std::stop_token& stop) {
  MongoLog::stop();
  auto facts = deployment_->look();
  if (!facts) return failed(facts);
  opened_.point = point_of(facts->newest);
  auto there = decode(position);
  if (!there) return failed(there);
  if (auto ours = is_ours(*there, identity_, fingerprint_); !ours) return failed(ours);
  auto standing = standing_of(*there, *deployment_->link().control);
  if (!standing) return failed(standing);
  if (*standing == Standing::went_back) return fail(went_back(*there));
  if (*standing == Standing::lost) {
    return fail(history_lost(*there, "the oplog begins later"));
  }
  if (auto sound = check_place(there->place); !sound) return failed(sound);
  if (auto started = start_at(*there, stop); !started) return failed(started);
  return std::move(there->place);
}

Result<void> MongoLog::start(sources::StartAt where, const std::stop_token& stop) {
  MongoLog::stop();
  auto facts = deployment_->look();
  if (!facts) return failed(facts);
  opened_.point = point_of(facts->newest);
  Connection& control = *deployment_->link().control;
  auto there = position_now(options(), identity_, control);
  if (!there) return failed(there);
  if (where == sources::StartAt::oldest) {
    auto window = oplog_window(control);
    if (!window) return failed(window);
    if (*window) {
      // The server wants an entry before the start: document_source_check_resume_token.cpp.
      there->time = (*window)->first;
      ++there->time.increment;
    }
  }
  return start_at(*there, stop);
}

/// Opens the stream and requests its first batch, because only then does the server check whether
/// it still has the place.
Result<void> MongoLog::start_at(const MongoPosition& position, const std::stop_token& stop) {
  hunting_ = 0;
  count_ = std::max(count_, first_count);
  at_ = position;
  at_.place = {};
  head_ = head_of(at_);
  std::optional<Failure> failure;
  auto started = tailer().start(here());
  if (!started) failure = std::move(started.error());
  if (!failure) {
    opened_.look = tailer().asks();
    ask(Milliseconds(1), true);
    std::optional<Answer<StreamBatch>> answer;
    while (!answer) {
      answer = tailer().answer(Milliseconds(1'000), stop);
      if (!answer && stop.stop_requested()) return fail(stopped(Origin::source));
      if (!answer && tailer().cut_off()) return fail(silence());
    }
    if (*answer || about_an_event((*answer).error())) {
      auto taken = take_answer(std::move(*answer));
      if (!taken) return failed(taken);
      take_end();
      return {};
    }
    failure = std::move((*answer).error());
  }
  return fail(error_of(*failure));
}

/// The oplog's beginning moves on as fast as its end, so it reaches the position once it has moved
/// over what is between the two now.
Result<UntilLoss> MongoLog::until_loss(const Position& position) {
  auto place = decode(position);
  if (!place) return failed(place);
  auto window = oplog_window(*deployment_->link().control);
  if (!window) return failed(window);
  if (!*window) return UntilLoss();
  const std::int64_t left =
      std::int64_t{place->time.seconds} - std::int64_t{(*window)->first.seconds};
  return UntilLoss{.time = std::chrono::seconds(std::max<std::int64_t>(left, 0))};
}

/// Each answer of the change stream says what the server's newest time is.
std::optional<SourceLag> MongoLog::lag(const Position& position) const {
  const std::uint32_t newest = newest_;
  if (newest == 0) return std::nullopt;
  const auto place = decode(position);
  if (!place) return std::nullopt;
  return SourceLag{.amount = newest - std::min(newest, place->time.seconds),
                   .unit = SourceLag::Unit::seconds};
}

std::optional<Error> MongoLog::loss_in(const Failure& failure,
                                       const MongoPosition& position) const {
  if (failure.is(Code::change_stream_history_lost) || failure.is(Code::capped_position_lost)) {
    return history_lost(position, failure.message);
  }
  // The history reaches back that far, but does not contain it.
  const bool unknown = failure.message.find("resume token was not found") != std::string::npos;
  if (failure.is(Code::change_stream_fatal) && unknown) return went_back(position);
  return std::nullopt;
}

Error MongoLog::silence() const {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "watching " + options().watch.words() +
                     ": the server does not answer and cannot be reached",
          .next = "check that the server runs and can be reached from here"};
}

Error MongoLog::error_of(const Failure& failure) const {
  if (auto loss = loss_in(failure, at_)) return *loss;
  // Because of the token: of a part of an event that the server now splits otherwise, or not a token.
  const bool unreadable = failure.message.find("KeyString format error") != std::string::npos;
  if (unreadable || failure.is(Code::change_stream_fatal) ||
      failure.is(Code::invalid_resume_token)) {
    return {.remedy = Remedy::stop,
            .origin = Origin::source,
            .name = "source.bad_position",
            .message = "the server cannot continue from the position: " + failure.message,
            .next = "continue from its time: headwater position -c FILE set time:" +
                    words_for(at_.time) +
                    " --yes (changes of that very instant may come "
                    "again)"};
  }
  return to_error(failure, "watching " + options().watch.words());
}

void MongoLog::describe_gap(Change& gap, const Position& lost) const {
  gap.database = options().watch.deployment() ? "*" : options().watch.database;
  gap.table = options().watch.collection;
  gap.time = wall_time(at_.time);
  gap.gap->to = words_for(at_.time);
  if (const auto before = decode(lost)) gap.gap->from = words_for(before->time);
}

}  // namespace headwater::mongodb
