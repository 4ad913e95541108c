#include "src/streams/nats/acks.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

// More messages than the relay puts into one append.
constexpr int most_waiting = 1'000'000;

Ack parse(natsMsg* answer) {
  const std::string_view text(natsMsg_GetData(answer),
                              static_cast<std::size_t>(natsMsg_GetDataLength(answer)));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {.code = -1, .words = "an answer that cannot be read"};
  if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
    return {.code = error->value("err_code", -1), .words = error->value("description", "")};
  }
  return {.sequence = json.value("seq", std::uint64_t{0}),
          .duplicate = json.value("duplicate", false)};
}

}  // namespace

Result<Batch> Batch::begin(const Connection& connection) {
  Handle<natsInbox> inbox;
  natsStatus status = natsInbox_Create(Into(inbox));
  if (status != NATS_OK) return fail(refused("preparing an append", status, 0, ""));
  Batch batch(connection, inbox.get());
  status = natsConnection_SubscribeSync(Into(batch.answers_), connection.nats(),
                                        (batch.name_ + ".*").c_str());
  if (status == NATS_OK) {
    status = natsSubscription_SetPendingLimits(batch.answers_.get(), most_waiting, -1);
  }
  if (status != NATS_OK) return fail(refused("preparing an append", status, 0, ""));
  return batch;
}

std::string Batch::reply() const { return name_ + "." + std::to_string(sent_); }

Result<void> Batch::send(natsMsg* message) {
  const natsStatus status = natsConnection_PublishMsg(connection_->nats(), message);
  if (status != NATS_OK) return fail(refused("publishing", status, 0, ""));
  ++sent_;
  return {};
}

Result<Ack> Batch::next() {
  Message answer;
  const natsStatus status =
      natsSubscription_NextMsg(Into(answer), answers_.get(), patience.count());
  if (status != NATS_OK) {
    return fail(connection_->failed("waiting for the acknowledgement of message " +
                                        std::to_string(answered_ + 1) + " of an append of " +
                                        std::to_string(sent_),
                                    status, 0));
  }
  if (natsMsg_IsNoResponders(answer.get())) {
    return fail(unavailable("no server answers for the stream at the moment"));
  }
  if (natsMsg_GetSubject(answer.get()) != name_ + "." + std::to_string(answered_)) {
    return fail(unavailable("acknowledgements of an append came out of order"));
  }
  ++answered_;
  return parse(answer.get());
}

}  // namespace headwater::nats
