#include "src/streams/nats/end.h"

#include <utility>

#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/together.h"

namespace headwater::nats {
namespace {

constexpr const char* copy_key = "tail";
constexpr int copy_version = 1;

std::string encoded(const std::string& bytes) {
  std::string text;
  append_percent_encoded(text, bytes);
  return text;
}

Error other_writer(const std::string& stream, std::uint64_t sequence) {
  return hopeless("stream.other_writer",
                  "message " + std::to_string(sequence) + " of stream " + stream +
                      " was not written by Headwater",
                  "let nobody else publish under the stream's subjects, and take it out: nats "
                  "stream rmm " +
                      stream + " " + std::to_string(sequence));
}

Error other_relay(const std::string& stream, const std::string& relay, const std::string& owner) {
  return hopeless(
      "stream.other_relay",
      "stream " + stream + " is relay " + owner + "'s, and JetStream can fence only one",
      "give relay " + relay + " a stream of its own: stream.nats.stream and subject");
}

/// The last one that is still there, or null.
Result<Message> newest(const Connection& connection, const std::string& stream,
                       const Subjects& subjects) {
  auto event = connection.last(stream, subjects.events());
  if (!event) return event;
  auto position = connection.last(stream, subjects.positions());
  if (!position) return position;
  const auto place = [](const Result<Message>& message) {
    return *message ? natsMsg_GetSequence(message->get()) : 0;
  };
  return place(position) > place(event) ? std::move(position) : std::move(event);
}

Result<End> end_at(const std::string& stream, const std::string& relay, natsMsg* message,
                   std::uint64_t last) {
  const std::uint64_t sequence = natsMsg_GetSequence(message);
  const auto mark = mark_of(message);
  if (!mark) return fail(other_writer(stream, sequence));
  if (mark->relay != relay && !mark->forgotten) {
    return fail(other_relay(stream, relay, mark->relay));
  }
  End end{.fence = {.sequence = last}, .tail = {}};
  // The id is of the last message there ever was.
  if (sequence == last) end.fence.id = id_of(message);
  end.misplaced = follows(message).value_or(sequence - 1) != sequence - 1;
  if (mark->forgotten) return end;
  end.tail = {.sequence = is_event(message) ? sequence : mark->last_event,
              .position = mark->position,
              .source = mark->source};
  return end;
}

Result<End> end_beside(const Connection& connection, const std::string& stream,
                       const std::string& relay, const jsStreamInfo& info) {
  const std::uint64_t last = info.State.LastSeq;
  auto text = connection.beside(stream, copy_key);
  if (!text) return failed(text);
  auto copy = copy_from(text->value, last, life_of(info));
  if (copy && copy->relay == relay) return std::move(copy->end);
  if (copy) return fail(other_relay(stream, relay, copy->relay));
  return fail(hopeless("stream.tail_lost",
                       "stream " + stream + " had messages up to " + std::to_string(last) +
                           " and has none now: the position went with them",
                       "headwater init -c FILE --remove, then init again and `headwater position "
                       "-c FILE set` to where it was; docs/nats.md, \"stream.tail_lost\""));
}

Result<End> end_of(const Connection& connection, const std::string& stream,
                   const Subjects& subjects, const std::string& relay, const jsStreamInfo& info) {
  const std::uint64_t last = info.State.LastSeq;
  if (last == 0) return End{};
  auto message = connection.message(stream, last);
  if (!message) return failed(message);
  // Somebody may have deleted it, and those before it.
  if (!*message) message = newest(connection, stream, subjects);
  if (!message) return failed(message);
  if (!*message) return end_beside(connection, stream, relay, info);
  // There are more by now.
  if (natsMsg_GetSequence(message->get()) > last)
    return read_end(connection, stream, subjects, relay);
  return end_at(stream, relay, message->get(), last);
}

}  // namespace

Result<bool> holds(const Connection& connection, const std::string& stream, std::uint64_t sequence,
                   const std::string& id) {
  if (sequence == 0) return false;
  auto message = connection.message(stream, sequence);
  if (!message) return failed(message);
  return *message && id_of(message->get()) == id;
}

Result<std::uint64_t> set_by_a_person(const Connection& connection, const std::string& stream,
                                      std::uint64_t sequence, std::uint64_t last) {
  if (sequence >= last) return 0;
  auto reading = connection.read(stream, ">", sequence + 1, Connection::Read::headers);
  if (!reading) return failed(reading);
  std::uint64_t found = 0;
  // The last message is there: it is the one that the relay's end was read from.
  for (std::uint64_t at = sequence; at < last;) {
    Message message;
    const natsStatus status = reading->next(message, patience);
    if (status != NATS_OK) return fail(connection.error_of("reading " + stream, status, 0));
    at = sequence_of(message.get());
    const auto mark = mark_of(message.get());
    if (mark && mark->by_a_person) found = at;
  }
  return found;
}

std::optional<EndCopy> copy_from(std::string_view text, std::uint64_t last, std::string_view life) {
  const auto json = Json::parse(text);
  if (!json || (*json)["v"] != copy_version) return std::nullopt;
  std::string wrong;
  MemberReader copy(*json, wrong);
  EndCopy read{.relay = copy.text("relay"), .end = {.fence = {.sequence = last}, .tail = {}}};
  const auto position = percent_decoded(copy.text("position"));
  const auto source = percent_decoded(copy.text("source"));
  const std::uint64_t event = copy.unsigned_integer("event");
  if (copy.unsigned_integer("last") != last || copy.text("life") != life || !wrong.empty() ||
      !position || !source) {
    return std::nullopt;
  }
  read.end.tail = {.sequence = event, .position = {*position}, .source = *source};
  return read;
}

Result<End> read_end(const Connection& connection, const std::string& stream,
                     const Subjects& subjects, const std::string& relay) {
  auto info = connection.info(stream);
  if (!info) return failed(info);
  auto end = end_of(connection, stream, subjects, relay, **info);
  if (!end || (*info)->Config->Replicas <= 1) return end;
  end->replicated = true;
  auto takes = together(connection, stream);
  if (!takes) return failed(takes);
  end->together = *takes == Together::yes;
  return end;
}

Result<bool> keep_beside(const Connection& connection, const std::string& stream,
                         const std::string& relay, const End& end) {
  auto before = connection.beside(stream, copy_key);
  if (!before) return failed(before);
  // Who looks again after this may have been overtaken, but not without another revision.
  auto info = connection.info(stream);
  if (!info) return failed(info);
  if ((*info)->State.LastSeq != end.fence.sequence) return false;
  // Members in the order of their names, as version 1 has them.
  const Json copy{{"event", end.tail.sequence},
                  {"last", end.fence.sequence},
                  {"life", life_of(**info)},
                  {"position", encoded(end.tail.position.token)},
                  {"relay", relay},
                  {"source", encoded(end.tail.source)},
                  {"v", copy_version}};
  return connection.put_beside(stream, copy_key, copy.dump(), before->revision);
}

}  // namespace headwater::nats
