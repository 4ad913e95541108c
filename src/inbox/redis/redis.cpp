#include <utility>

#include "src/inbox/redis/state.h"
#include "src/inbox/shared/distinct.h"

namespace headwater::client {

RedisInbox::RedisInbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
RedisInbox::RedisInbox(RedisInbox&&) noexcept = default;
RedisInbox& RedisInbox::operator=(RedisInbox&&) noexcept = default;
RedisInbox::~RedisInbox() = default;

Result<RedisInbox> RedisInbox::open(redisContext* connection, InboxOptions options) {
  if (auto checked = inbox::check_options(options, "{}:.-"); !checked) return checked.error();
  auto state = std::make_unique<State>(connection, std::move(options));
  if (auto made = state->make_and_check(); !made) return made.error();
  return RedisInbox(std::move(state));
}

Result<std::vector<bool>> RedisInbox::begin(std::span<const Delivery> deliveries) {
  State& state = *state_;
  inbox::Server& server = state.server;
  if (state.open) return inbox::in_transaction(state.options, "begin()");
  const auto all = inbox::distinct(deliveries);
  std::vector<std::string> keys;
  std::vector<std::string> sequences;
  for (const auto& each : all) {
    keys.push_back(inbox::key_of(each.delivery));
    sequences.push_back(std::to_string(each.delivery.sequence));
  }
  std::vector<std::string_view> scores{"ZMSCORE", state.ids};
  scores.insert(scores.end(), keys.begin(), keys.end());
  // An id that comes again with a higher sequence gets that.
  std::vector<std::string_view> add{"ZADD", state.ids, "GT"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    add.emplace_back(sequences[i]);
    add.emplace_back(keys[i]);
  }
  std::size_t queued = 1;
  server.append({"WATCH", state.meta, state.ids});
  server.append({"HGET", state.meta, "consumer"});
  if (!keys.empty()) server.append(scores);
  server.append({"MULTI"});
  if (!keys.empty()) {
    server.append(add);
    ++queued;
  }

  const auto give_up = [&](Error why) {
    server.append({"DISCARD"});
    server.append({"UNWATCH"});
    (void)server.skip(2);
    return why;
  };
  auto watched = server.next();
  if (!watched) return watched.error();
  auto consumer = server.next();
  if (!consumer) return consumer.error();
  inbox::Reply found;
  if (!keys.empty()) {
    auto reply = server.next();
    if (!reply) return reply.error();
    found = *std::move(reply);
  }
  if (auto begun = server.skip(queued); !begun) {
    if (begun.error().name == "inbox.connection_lost") return begun.error();
    return give_up(begun.error());
  }
  for (const auto* reply : {watched->get(), consumer->get(), std::as_const(found).get()}) {
    if (reply != nullptr && inbox::is_error(*reply)) {
      return give_up(server.error(inbox::text_of(*reply)));
    }
  }
  if (inbox::text_of(**consumer) != state.options.consumer) {
    return give_up({.remedy = Remedy::stop,
                    .name = "inbox.lost",
                    .message = "the inbox '" + state.options.table +
                               "': its keys were deleted or replaced since it was opened",
                    .next = "find out who emptied the Redis database; if the consumer's own data "
                            "is gone too, remove its place in the stream and start it again"});
  }
  std::vector<bool> is_new(deliveries.size());
  const auto each = found ? inbox::elements_of(*found) : std::vector<const redisReply*>();
  for (std::size_t i = 0; i < each.size() && i < all.size(); ++i) {
    is_new[all[i].index] = each[i]->type == REDIS_REPLY_NIL;
  }
  state.open = true;
  return is_new;
}

Result<void> RedisInbox::commit(std::size_t unread) {
  State& state = *state_;
  if (!state.open) return inbox::no_transaction(state.options, "begin()");
  state.open = false;
  state.server.append({"EXEC"});
  std::optional<Error> refused;
  for (std::size_t i = 0; i < unread; ++i) {
    auto reply = state.server.next();
    if (!reply) return reply.error();
    if (inbox::is_error(**reply) && !refused) refused = state.server.error(inbox::text_of(**reply));
  }
  auto reply = state.server.next();
  if (!reply) return reply.error();
  const auto said = inbox::text_of(**reply);
  if (inbox::is_error(**reply)) {
    Error why = refused ? *refused : state.server.error(said);
    if (why.name == "inbox.failed" && said.starts_with("EXECABORT")) {
      why.name = "inbox.refused";
      why.next = "correct the command that Redis did not accept; nothing has taken effect";
    }
    return why;
  }
  if ((*reply)->type == REDIS_REPLY_NIL) {
    return inbox::database_error(state.options, inbox::Cause::busy,
                                 "another transaction has changed the inbox since begin()");
  }
  std::size_t number = 0;
  for (const auto* each : inbox::elements_of(**reply)) {
    ++number;
    if (!inbox::is_error(*each)) continue;
    return Error{.remedy = Remedy::stop,
                 .name = "inbox.command_failed",
                 .message = "the inbox '" + state.options.table + "': command " +
                            std::to_string(number) + " of the transaction failed, the others and " +
                            "the claims have taken effect: " + std::string(inbox::text_of(*each)),
                 .next =
                     "do by hand what the command should have done: its event does not come "
                     "again as new"};
  }
  return {};
}

Result<void> RedisInbox::discard(std::size_t unread) {
  if (!state_->open) return {};
  state_->open = false;
  state_->server.append({"DISCARD"});
  for (std::size_t i = 0; i < unread; ++i) {
    if (auto reply = state_->server.next(); !reply) return reply.error();
  }
  auto done = state_->server.next_good();
  if (!done) return done.error();
  return {};
}

}  // namespace headwater::client
