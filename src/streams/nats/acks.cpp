#include "src/streams/nats/acks.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "src/ports/stopped.h"
#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

constexpr std::size_t most_spent = 256;
constexpr std::size_t most_spent_bytes = std::size_t{256} << 10U;
constexpr Milliseconds look_for_stop{100};

}  // namespace

int code_in(const Json& error) {
  const auto code = error["err_code"].integer();
  return code && *code != 0 && std::in_range<int>(*code) ? static_cast<int>(*code) : -1;
}

Ack ack_from(std::string_view answer) {
  const auto json = Json::parse(answer).value_or(Json());
  const Json& error = json["error"];
  if (error.is_object()) {
    return {.code = code_in(error), .words = std::string(error["description"].text().value_or(""))};
  }
  const auto sequence = json["seq"].unsigned_integer();
  const auto duplicate = json.contains("duplicate") ? json["duplicate"].boolean() : false;
  if (!error.is_null() || !sequence || !duplicate) {
    return {.code = -1, .words = "an answer that cannot be read"};
  }
  return {.sequence = *sequence, .duplicate = *duplicate};
}

Result<Batch> Batch::begin(Connection& connection, std::stop_token stop) {
  auto inbox = connection.inbox();
  if (!inbox) return failed(inbox);
  Handle<natsInbox> unique;
  const natsStatus status = natsInbox_Create(Into(unique));
  if (status != NATS_OK) return fail(refused("preparing an append", status, 0, ""));
  // "_INBOX.x" of the one and "x" of the other.
  const std::string_view name(unique.get());
  return Batch(connection, inbox->prefix + "." + std::string(name.substr(name.find('.') + 1)),
               inbox->answers, std::move(stop));
}

bool Batch::is_ours(natsMsg* answer) const {
  return std::string_view(natsMsg_GetSubject(answer)).substr(0, name_.size() + 1) == name_ + ".";
}

std::string Batch::ask() {
  asked_.push_back({.at = sent_});
  return name_ + "." + std::to_string(sent_);
}

Result<void> Batch::send(Message message, std::size_t bytes) {
  const natsStatus status = natsConnection_PublishMsg(connection_->nats(), message.get());
  if (status != NATS_OK) return fail(refused("publishing", status, 0, ""));
  spent_.push_back(std::move(message));
  spent_bytes_ += bytes;
  if (spent_.size() >= most_spent || spent_bytes_ >= most_spent_bytes) {
    spent_.clear();
    spent_bytes_ = 0;
  }
  unanswered_bytes_ += bytes;
  if (!asked_.empty() && asked_.back().at == sent_) {
    asked_.back().bytes = std::exchange(unanswered_bytes_, 0);
  }
  ++sent_;
  return {};
}

/// In pieces: to wake it, the library would have to be given something to send, and may be waiting
/// for the very socket.
natsStatus Batch::wait_for(Message& answer, Milliseconds wait) {
  natsStatus status = NATS_TIMEOUT;
  for (Milliseconds left = wait; status == NATS_TIMEOUT && left.count() > 0;
       left -= look_for_stop) {
    if (stop_.stop_requested()) return NATS_TIMEOUT;
    status =
        natsSubscription_NextMsg(Into(answer), answers_, std::min(left, look_for_stop).count());
  }
  return status;
}

Result<Answer> Batch::next() {
  const auto [at, bytes] = asked_[answered_];
  const Milliseconds wait = patience_for(bytes);
  Message answer;
  natsStatus status = NATS_OK;
  // What an earlier batch did not wait for is not ours.
  do {
    status = wait_for(answer, wait);
  } while (status == NATS_OK && !is_ours(answer.get()));
  if (status == NATS_TIMEOUT && stop_.stop_requested()) return fail(stopped(Origin::stream));
  if (status != NATS_OK) {
    return fail(connection_->error_of("waiting for the acknowledgement of message " +
                                          std::to_string(at + 1) + " of an append of " +
                                          std::to_string(sent_),
                                      status, 0));
  }
  if (natsMsg_IsNoResponders(answer.get())) {
    return fail(unavailable("no server answers for the stream at the moment"));
  }
  if (natsMsg_GetSubject(answer.get()) != name_ + "." + std::to_string(at)) {
    return fail(unavailable("acknowledgements of an append came out of order"));
  }
  ++answered_;
  const std::string_view words(natsMsg_GetData(answer.get()),
                               static_cast<std::size_t>(natsMsg_GetDataLength(answer.get())));
  return Answer{.at = at, .ack = ack_from(words), .empty = words.empty()};
}

}  // namespace headwater::nats
