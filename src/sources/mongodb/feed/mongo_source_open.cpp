// Opening: where the stream ended, whether the server still knows the place, and what to do if not.
#include <xxhash.h>

#include <array>
#include <utility>

#include "src/event/json_text.h"
#include "src/sources/mongodb/feed/mongo_source.h"

namespace headwater::mongodb {
namespace {

Result<MongoPosition> now(const SourceOptions& options, const std::string& identity,
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

}  // namespace

StreamRequest request_for(const SourceOptions& options, const ServerFacts& facts) {
  return {.watch = options.watch,
          .pipeline = &options.pipeline,
          .full_document = options.full_document,
          .full_document_before_change = options.full_document_before_change,
          .split_large = facts.splits_large_events()};
}

Result<MongoPosition> beginning(const SourceOptions& options, const std::string& identity,
                                Connection& connection) {
  auto position = now(options, identity, connection);
  if (position && options.snapshot) position->snapshot.emplace();
  return position;
}

Result<std::string> source_identity(const SourceOptions& options, Connection& connection) {
  auto identity = options.identity.empty() ? deployment_identity(connection)
                                           : Result<std::string>(options.identity);
  if (identity && !options.part.empty()) identity->append("/").append(options.part);
  return identity;
}

MongoSource::Link::Link(std::shared_ptr<Pool> opened, std::unique_ptr<Connection> connection,
                        const ServerFacts& found, const SourceOptions& options,
                        const ChangeDecoder& decoder)
    : pool(std::move(opened)),
      control(std::move(connection)),
      facts(found),
      snapshot(*pool, facts, options.pipeline, options.watch, decoder),
      tailer(pool, request_for(options, facts)) {}

MongoSource::MongoSource(std::shared_ptr<const SourceOptions> options, const Clock& clock)
    : options_(std::move(options)),
      clock_(&clock),
      fingerprint_(fingerprint(options_->watch, options_->pipeline)),
      decoder_(options_->watch, options_->form) {}

Result<std::unique_ptr<MongoSource>> MongoSource::connect(
    std::shared_ptr<const SourceOptions> options, const Clock& clock) {
  std::unique_ptr<MongoSource> source(new MongoSource(std::move(options), clock));
  auto link = source->make_link();
  if (!link) return failed(link);
  source->link_ = std::move(*link);
  auto identity = source_identity(*source->options_, *source->link_->control);
  if (!identity) return failed(identity);
  source->identity_ = std::move(*identity);
  return source;
}

Result<std::unique_ptr<MongoSource::Link>> MongoSource::make_link() const {
  auto pool = Pool::make(options_->uri, Pool::Use::lasting);
  if (!pool) return failed(pool);
  auto control = std::make_unique<Connection>(**pool);
  auto facts = control->facts();
  if (!facts) return failed(facts);
  return std::make_unique<Link>(std::move(*pool), std::move(control), *facts, *options_, decoder_);
}

/// What the deployment is like now. A member that is seen outside its set, as while it is being
/// mended, is left out by the pool for ever; so where nobody answers, another pool has a look. And
/// only a new connection logs in: one whose user was dropped stays nobody's.
Result<ServerFacts> MongoSource::look() {
  if (!shut_out_) {
    auto facts = link_->control->facts();
    // Another member may be of another version, and be asked for other things.
    const bool alike = facts && facts->wire_version == link_->facts.wire_version;
    if (alike || (!facts && facts.error().remedy != Remedy::retry)) return facts;
  }
  auto link = make_link();
  if (!link) return failed(link);
  shut_out_ = false;
  link_ = std::move(*link);
  return link_->facts;
}

bool MongoSource::has_beginning() const { return options_->snapshot; }

Result<void> MongoSource::open(const Position& after) {
  auto opened = open_at(after);
  if (!opened) return fail(shut_out(std::move(opened.error())));
  return {};
}

/// It was let in before: a password that is being changed comes right again.
Error MongoSource::shut_out(Error error) {
  if (!let_in_ || error.name != "source.unauthorized") return error;
  shut_out_ = true;
  error.remedy = Remedy::retry;
  return error;
}

Result<void> MongoSource::open_at(const Position& after) {
  forget();
  trouble_.reset();
  current_ = false;
  seen_all_ = false;
  auto facts = look();
  if (!facts) return failed(facts);
  open_time_ = facts->newest;
  auto position =
      after.empty() ? beginning(*options_, identity_, *link_->control) : mongodb::decode(after);
  if (!position) return failed(position);
  if (auto ours = is_ours(*position, identity_, fingerprint_); !ours) return ours;
  auto standing = standing_of(*position, *link_->control);
  if (!standing) return failed(standing);
  if (*standing == Standing::went_back) return go_on_after_loss(*position, went_back(*position));
  if (*standing == Standing::lost) {
    return go_on_after_loss(*position, history_lost(*position, "the oplog begins later"));
  }
  return seek(*position);
}

/// Opens the stream, and asks for its first batch, because only then the server looks whether it
/// still has the place.
Result<void> MongoSource::seek(const MongoPosition& position, bool may_lose) {
  at_hand_ = {};
  hunting_ = 0;
  count_ = std::max(count_, first_count);
  position_ = position;
  given_ = position;
  if (link_->facts.router && position.snapshot) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.no_snapshot",
                 .message = "A snapshot through mongos is not supported",
                 .next = "set `snapshot: never` and `on_lost_position` to stop or skip; then "
                         "headwater position -c FILE set time:" +
                         words_for(position.time)});
  }
  if (auto sought = link_->snapshot.seek(position.snapshot); !sought) return sought;
  std::optional<Failure> failure;
  auto started = link_->tailer.start({.token = position.token, .time = position.time});
  if (!started) failure = std::move(started.error());
  if (!failure) {
    ask(Milliseconds(1));
    std::optional<Answer<StreamBatch>> answer;
    while (!answer) {
      answer = link_->tailer.answer(Milliseconds(1'000), {});
      if (!answer && link_->tailer.cut_off()) return fail(silence());
    }
    if (*answer || about_an_event((*answer).error())) return take_answer(std::move(*answer));
    failure = std::move((*answer).error());
  }
  if (auto loss = loss_in(*failure, position); loss && may_lose) {
    return go_on_after_loss(position, *loss);
  }
  return fail(error_of(*failure));
}

std::optional<Error> MongoSource::loss_in(const Failure& failure,
                                          const MongoPosition& position) const {
  if (failure.is(Code::change_stream_history_lost) || failure.is(Code::capped_position_lost)) {
    return history_lost(position, failure.message);
  }
  // The history reaches back so far, but without it.
  const bool unknown = failure.message.find("resume token was not found") != std::string::npos;
  if (failure.is(Code::change_stream_fatal) && unknown) return went_back(position);
  return std::nullopt;
}

Error MongoSource::silence() const {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "watching " + options_->watch.words() +
                     ": no answer comes, and the server cannot be reached",
          .next = "see whether the server runs, and the way to it"};
}

Error MongoSource::error_of(const Failure& failure) const {
  if (auto loss = loss_in(failure, position_)) {
    // With a policy, open() carries it out.
    if (options_->on_lost_position != OnLost::stop) loss->remedy = Remedy::retry;
    return *loss;
  }
  // Of a token alone: a part of an event that the server cuts otherwise now, or no token at all.
  const bool unreadable = failure.message.find("KeyString format error") != std::string::npos;
  if (unreadable || failure.is(Code::change_stream_fatal) ||
      failure.is(Code::invalid_resume_token)) {
    return {.remedy = Remedy::stop,
            .origin = Origin::source,
            .name = "source.bad_position",
            .message = "The server cannot go on from the position: " + failure.message,
            .next = "go on from its time: headwater position -c FILE set time:" +
                    words_for(position_.time) +
                    " --yes (changes of that very instant may come "
                    "again)"};
  }
  return to_error(failure, "watching " + options_->watch.words());
}

Result<void> MongoSource::go_on_after_loss(const MongoPosition& position, const Error& loss) {
  if (options_->on_lost_position == OnLost::stop) return fail(loss);
  const bool restated = options_->on_lost_position == OnLost::snapshot;
  auto next = now(*options_, identity_, *link_->control);
  if (!next) return failed(next);
  if (restated) {
    next->snapshot.emplace();
  } else if (loss.name == "source.history_lost") {
    auto window = oplog_window(*link_->control);
    if (!window) return failed(window);
    if (*window) {
      // The server wants an entry before the start: document_source_check_resume_token.cpp.
      next->time = (*window)->first;
      ++next->time.increment;
    }
  }
  const std::string lost = encode(position).token;
  Change gap;
  gap.op = Op::gap;
  append_hex(gap.id = "gap:", XXH3_64bits(lost.data(), lost.size()));
  gap.database = options_->watch.deployment() ? "*" : options_->watch.database;
  gap.table = options_->watch.collection;
  gap.time = wall_time(next->time);
  gap.gap = Gap{.reason = loss.name,
                .from = words_for(position.time),
                .to = words_for(next->time),
                .restated = restated};
  // Lost again, while history runs on: an error, and another try.
  if (auto sought = seek(*next, false); !sought) return sought;
  given_ = position;
  at_hand_.ready.push_front({std::move(gap), *next});
  return {};
}

}  // namespace headwater::mongodb
