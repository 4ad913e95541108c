#include "src/streams/nats/reader.h"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "src/base/hex.h"
#include "src/ports/place.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/message.h"

namespace headwater::nats {
namespace {

/// Keys beside the stream take few characters.
std::string key_for(const std::string& consumer) {
  std::string key = "consumer.";
  append_hex_bytes(key, consumer);
  return key;
}

constexpr int most_tries = 100;
constexpr Milliseconds look_again{5000};

}  // namespace

Reader::Reader(const Options& options, Subjects subjects)
    : options_(options), subjects_(std::move(subjects)) {}

Error Reader::closed(Error error) {
  known_end_ = 0;
  delivery_.reset();
  feed_.reset();
  connection_.reset();
  return error;
}

Result<void> Reader::open() {
  if (connection_) return {};
  auto opened = Connection::open(options_);
  if (!opened) return failed(opened);
  connection_ = std::make_unique<Connection>(*std::move(opened));
  auto end = end_of_the_same();
  if (!end) return fail(closed(std::move(end.error())));
  return {};
}

Result<std::uint64_t> Reader::end_of_the_same() {
  auto info = connection_->info(options_.stream);
  if (!info) return fail(closed(std::move(info.error())));
  std::string life = life_of(**info);
  if (life_.empty()) life_ = life;
  if (life_ != life) return fail(closed(recreated("stream " + options_.stream, "")));
  return (*info)->State.LastSeq;
}

Result<void> Reader::reaches(std::uint64_t sequence, const std::string& consumer) {
  auto last = end_of_the_same();
  if (!last) return failed(last);
  if (sequence <= *last) return {};
  return fail(beyond_end("stream " + options_.stream, consumer, sequence, *last));
}

/// 0 if there is none.
Result<std::uint64_t> Reader::last_event() {
  if (auto opened = open(); !opened) return failed(opened);
  auto message = connection_->last(options_.stream, subjects_.events());
  if (!message) return fail(closed(std::move(message.error())));
  return *message ? natsMsg_GetSequence(message->get()) : 0;
}

/// Asks for the end before the first event: an event that is appended in between is then after the
/// range, and never before its beginning.
Result<StreamRange> Reader::range() {
  if (auto opened = open(); !opened) return failed(opened);
  if (auto same = end_of_the_same(); !same) return failed(same);
  auto info = connection_->info(options_.stream);
  if (!info) return fail(closed(std::move(info.error())));
  const jsStreamState& state = (*info)->State;
  auto last = last_event();
  if (!last) return failed(last);
  if (*last == 0) return StreamRange{.first = state.LastSeq + 1, .last = state.LastSeq};
  auto first = read(state.FirstSeq, {.count = 1, .bytes = 1}, Milliseconds(0), {});
  if (!first) return failed(first);
  return StreamRange{.first = first->empty() ? *last + 1 : first->front().sequence, .last = *last};
}

Result<bool> Reader::has_beginning() {
  if (!options_.limits) return true;
  if (auto opened = open(); !opened) return failed(opened);
  auto info = connection_->info(options_.stream);
  if (!info) return fail(closed(std::move(info.error())));
  return (*info)->State.FirstSeq <= 1;
}

Result<void> Reader::subscribe(std::uint64_t from) {
  delivery_.reset();
  held_.reset();
  feed_.reset();
  auto opened = Connection::open(options_);
  if (!opened) return fail(closed(std::move(opened.error())));
  feed_ = std::make_unique<Connection>(*std::move(opened));
  auto made = feed_->read(options_.stream, subjects_.events(), from, Connection::Read::whole);
  if (!made) return fail(closed(std::move(made.error())));
  delivery_.emplace(*std::move(made));
  // It ends with the stream it was made for, so to know that one is enough.
  if (auto same = end_of_the_same(); !same) return failed(same);
  next_ = from;
  return {};
}

Result<bool> Reader::next(StoredEvent& event, Milliseconds wait, const std::stop_token& stop) {
  if (held_) {
    event = *std::exchange(held_, std::nullopt);
    return true;
  }
  Message message;
  const natsStatus status = delivery_->next(message, wait, stop);
  if (stop.stop_requested()) {
    delivery_.reset();
    return false;
  }
  if (status == NATS_TIMEOUT) return false;
  if (status != NATS_OK) {
    return fail(closed(feed_->error_of("reading " + options_.stream, status, 0)));
  }
  if (read_event(message.get(), names_, event)) return true;
  delivery_.reset();  // The next read meets it again.
  return fail(hopeless("stream.other_writer",
                       "a message of stream " + options_.stream + " is no event of Headwater's",
                       "let nobody else publish under " + subjects_.events()));
}

/// Of a stream that is deleted nothing comes any more, and nobody says so.
Result<bool> Reader::wait_for_next(StoredEvent& event, Milliseconds wait,
                                   const std::stop_token& stop) {
  for (;; wait -= look_again) {
    auto came = next(event, std::min(wait, look_again), stop);
    if (!came || *came || wait <= look_again || stop.stop_requested()) return came;
    if (auto same = end_of_the_same(); !same) return failed(same);
  }
}

Result<void> Reader::look_for_end() {
  auto last = last_event();
  if (!last) return failed(last);
  known_end_ = *last;
  return {};
}

/// Retention or a purge may have taken them.
Result<void> Reader::expect_no_more() {
  if (auto same = end_of_the_same(); !same) return failed(same);
  if (auto looked = look_for_end(); !looked) return looked;
  if (next_ > known_end_) return {};
  return fail(closed(unavailable("reading " + options_.stream + ": nothing comes")));
}

Result<std::vector<StoredEvent>> Reader::read(std::uint64_t from, const ReadLimits& limits,
                                              Milliseconds wait, std::stop_token stop) {
  if (from > known_end_) {
    if (auto looked = look_for_end(); !looked) return failed(looked);
  }
  if (from > known_end_ + 1) {
    if (auto there = reaches(from - 1, ""); !there) return failed(there);
  }
  if (stop.stop_requested() || (known_end_ < from && wait <= Milliseconds(0))) {
    return std::vector<StoredEvent>();
  }
  if (!delivery_ || next_ != from) {
    if (auto subscribed = subscribe(from); !subscribed) return failed(subscribed);
  }
  auto batch = spare_.batch();
  for (std::size_t bytes = 0; batch.size() < limits.count && bytes < limits.bytes;) {
    const bool there = next_ <= known_end_;
    if (!there && batch.size() > 0) break;
    StoredEvent& event = batch.add();
    auto came = there ? next(event, patience, stop) : wait_for_next(event, wait, stop);
    if (!came) return failed(came);
    if (!*came) {
      batch.drop_last();
      if (there && !stop.stop_requested()) {
        if (auto gone = expect_no_more(); !gone) return failed(gone);
      }
      break;
    }
    bytes += footprint(event.event);
    if (bytes > limits.bytes && batch.size() > 1) {
      held_ = std::move(event);
      batch.drop_last();
      break;
    }
    next_ = event.sequence + 1;
  }
  return std::move(batch).take();
}

Result<Reader::Acknowledged> Reader::acknowledged_by(const std::string& consumer) {
  if (auto opened = open(); !opened) return failed(opened);
  auto found = connection_->beside(options_.stream, key_for(consumer));
  if (!found) return fail(closed(std::move(found.error())));
  if (found->value.empty()) return Acknowledged{.revision = found->revision};
  const Place place = place_in(found->value);
  if (place.life != life_) return fail(recreated("stream " + options_.stream, consumer));
  if (auto there = reaches(place.sequence, consumer); !there) return failed(there);
  return Acknowledged{.registered = true, .sequence = place.sequence, .revision = found->revision};
}

Result<std::optional<std::uint64_t>> Reader::acknowledged(const std::string& consumer) {
  auto found = acknowledged_by(consumer);
  if (!found) return failed(found);
  if (!found->registered) return std::nullopt;
  return {found->sequence};
}

Result<void> Reader::acknowledge(const std::string& consumer, std::uint64_t sequence) {
  // Again whenever another process of this consumer came in between.
  for (int tries = 0; tries < most_tries; ++tries) {
    auto found = acknowledged_by(consumer);
    if (!found) return failed(found);
    if (found->revision > 0 && found->sequence >= sequence) return {};
    if (auto there = reaches(sequence, consumer); !there) return there;
    auto put =
        connection_->put_beside(options_.stream, key_for(consumer),
                                to_text({.sequence = sequence, .life = life_}), found->revision);
    if (!put) return fail(closed(std::move(put.error())));
    if (*put) return {};
  }
  return fail(unavailable("consumer " + consumer + " is acknowledged for by too many at once"));
}

Result<void> Reader::forget(const std::string& consumer) {
  if (auto opened = open(); !opened) return opened;
  auto gone = connection_->remove_beside(options_.stream, key_for(consumer));
  if (!gone) return fail(closed(std::move(gone.error())));
  return {};
}

}  // namespace headwater::nats
