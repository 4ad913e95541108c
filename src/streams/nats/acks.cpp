#include "src/streams/nats/acks.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

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

Result<Batch> Batch::begin(Connection& connection) {
  auto inbox = connection.inbox();
  if (!inbox) return fail(std::move(inbox.error()));
  Handle<natsInbox> unique;
  const natsStatus status = natsInbox_Create(Into(unique));
  if (status != NATS_OK) return fail(refused("preparing an append", status, 0, ""));
  // "_INBOX.x" of the one and "x" of the other.
  const std::string_view name(unique.get());
  return Batch(connection, inbox->prefix + "." + std::string(name.substr(name.find('.') + 1)),
               inbox->answers);
}

bool Batch::is_ours(natsMsg* answer) const {
  return std::string_view(natsMsg_GetSubject(answer)).substr(0, name_.size() + 1) == name_ + ".";
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
  natsStatus status = NATS_OK;
  // What an earlier batch did not wait for is not ours.
  do {
    status = natsSubscription_NextMsg(Into(answer), answers_, patience.count());
  } while (status == NATS_OK && !is_ours(answer.get()));
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
