#include "src/streams/kafka/reader.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "src/ports/place.h"
#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

constexpr Milliseconds read_patience{10'000};

}  // namespace

Reader::Reader(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(&clock) {}
Reader::~Reader() = default;

Deadline Reader::soon() const { return {*clock_, read_patience}; }

Result<void> Reader::open() {
  if (!session_) {
    auto session = Session::open(options_, soon());
    if (!session) return failed(session);
    session_ = *std::move(session);
  }
  const std::string& life = session_->life();
  if (life_.empty()) life_ = life;
  if (life_ == life) return {};
  session_.reset();
  return fail(recreated("Kafka: topic " + options_.topic, ""));
}

Result<StreamRange> Reader::range() {
  if (auto opened = open(); !opened) return failed(opened);
  const Deadline deadline = soon();
  // The end before the first event, so that an event that is committed in between is after the
  // range, and never before its beginning.
  const auto fresh = session_->refresh(deadline);
  const std::uint64_t last = session_->last();
  auto first =
      fresh ? session_->first(deadline) : Result<std::optional<std::uint64_t>>(fail(fresh.error()));
  if (!first) {
    session_.reset();
    return failed(first);
  }
  return StreamRange{.first = std::min(first->value_or(last + 1), last + 1), .last = last};
}

Result<std::vector<StoredEvent>> Reader::read(std::uint64_t from, const ReadLimits& limits,
                                              Milliseconds wait, std::stop_token stop) {
  if (auto opened = open(); !opened) return failed(opened);
  auto events = read_on(std::max<std::uint64_t>(from, 1), limits, wait, stop);
  if (!events) session_.reset();
  return events;
}

Result<std::vector<StoredEvent>> Reader::read_on(std::uint64_t from, const ReadLimits& limits,
                                                 Milliseconds wait, const std::stop_token& stop) {
  const std::stop_callback woken(stop, [&wake = session_->wake()] { wake.signal(); });
  const Deadline wanted(*clock_, wait);
  std::optional<Deadline> promised;
  if (auto there = reaches(from - 1, ""); !there) return failed(there);
  if (from != session_->next()) {
    if (auto sought = session_->seek(from, soon()); !sought) return failed(sought);
  }
  if (auto heard = session_->listen(); !heard) return failed(heard);
  if (wait == Milliseconds(0) && session_->next() > session_->last()) {
    if (auto fresh = session_->refresh(soon()); !fresh) return failed(fresh);
  }
  std::vector<StoredEvent> events;
  std::size_t bytes = 0;
  for (;;) {
    session_->wake().drain();
    if (auto heard = session_->listen(); !heard) return failed(heard);
    const Deadline deadline = soon();
    while (events.size() < limits.count) {
      auto event = session_->peek(deadline);
      if (!event) return failed(event);
      if (*event == nullptr) break;
      bytes += footprint((*event)->event);
      if (bytes > limits.bytes && !events.empty()) return events;
      events.push_back(session_->take());
    }
    if (!events.empty()) return events;
    auto waited = wait_on(wanted, promised, stop);
    if (!waited) return failed(waited);
    if (!*waited) return events;
  }
}

/// What is committed comes soon, even for one who does not want to wait.
Result<bool> Reader::wait_on(const Deadline& wanted, std::optional<Deadline>& promised,
                             const std::stop_token& stop) {
  const bool coming = session_->next() <= session_->last();
  if (!coming) promised.reset();
  if (coming && !promised) promised = soon();
  if (stop.stop_requested() || (!coming && wanted.over())) return false;
  if (coming && promised->over()) return fail(session_->late());
  pollfd woken{.fd = session_->wake().get(), .events = POLLIN, .revents = 0};
  ::poll(&woken, 1, coming ? promised->milliseconds() : wanted.milliseconds());
  return true;
}

/// Fails only once no open transaction can hide the end.
Result<void> Reader::reaches(std::uint64_t sequence, const std::string& consumer) {
  if (sequence <= session_->last()) return {};
  auto fresh = session_->refresh(soon());
  if (fresh && sequence > session_->last()) {
    fresh = session_->asker().wait_until_decided(soon());
    if (fresh) fresh = session_->refresh(soon());
  }
  if (!fresh || sequence <= session_->last()) return fresh;
  return fail(beyond_end("Kafka: topic " + options_.topic, consumer, sequence, session_->last()));
}

Result<std::optional<std::uint64_t>> Reader::acknowledged(const std::string& consumer) {
  if (auto opened = open(); !opened) return failed(opened);
  const std::string key = consumer_key(options_.topic, consumer);
  // Acknowledgements are in no transaction, so those after an open one also count.
  auto all = session_->asker().surveyor();
  auto message = all ? (*all)->last(key, soon()) : Result<Message>(fail(all.error()));
  if (!message) {
    session_.reset();
    return failed(message);
  }
  const bool registered = *message && (*message)->payload != nullptr;
  if (!registered && !acknowledged_.contains(key)) return std::nullopt;
  std::uint64_t& known = acknowledged_[key];
  if (registered) {
    const Place found = place_in(**message);
    // Without one it was registered before the first event.
    if (!found.life.empty() && found.life != session_->life()) {
      return fail(recreated("Kafka: topic " + options_.topic, consumer));
    }
    known = std::max(known, found.sequence);
  }
  if (auto there = reaches(known, consumer); !there) return failed(there);
  return {known};
}

Result<void> Reader::acknowledge(const std::string& consumer, std::uint64_t sequence) {
  auto before = acknowledged(consumer);
  if (!before) return failed(before);
  if (*before && sequence <= **before) return {};
  if (auto there = reaches(sequence, consumer); !there) return there;
  const std::string key = consumer_key(options_.topic, consumer);
  const std::string digits = std::to_string(sequence);
  auto sent = send_acknowledgement(acknowledgement(key, digits, session_->life()));
  if (sent) acknowledged_[key] = sequence;
  return sent;
}

Result<void> Reader::forget(const std::string& consumer) {
  const std::string key = consumer_key(options_.topic, consumer);
  acknowledged_.erase(key);
  Record record = acknowledgement(key, "", "");
  record.tombstone = true;
  return send_acknowledgement(std::move(record));
}

Result<void> Reader::send_acknowledgement(Record record) {
  const Deadline deadline = soon();
  if (!acknowledger_) {
    auto client = Client::open(options_, Role::acknowledger);
    if (!client) return failed(client);
    acknowledger_ = *std::move(client);
  }
  auto topic = acknowledger_->topic(options_.positions_topic());
  if (!topic) return failed(topic);
  auto code = produce(*acknowledger_, topic->get(), record);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = rd_kafka_flush(acknowledger_->handle(), deadline.milliseconds());
  }
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = acknowledger_->undelivered();
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  Error error = acknowledger_->error(code, "topic " + options_.positions_topic());
  acknowledger_.reset();
  return fail(std::move(error));
}

}  // namespace headwater::kafka
