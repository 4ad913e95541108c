// Making and checking the keys.
#include <array>

#include "src/inbox/redis/state.h"

namespace headwater::client {
namespace {

/// All keys of an inbox are in one slot of a cluster: docs/formats/inbox.md.
std::string tagged(const std::string& table) {
  return table.find('{') == std::string::npos ? "{" + table + "}" : table;
}

/// The value of one line of INFO.
std::string_view line_of(std::string_view info, std::string_view name) {
  const auto at = info.find("\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  info.remove_prefix(at + name.size() + 2);
  return info.substr(0, info.find('\r'));
}

}  // namespace

RedisInbox::State::State(redisContext* context, InboxOptions chosen)
    : options(std::move(chosen)),
      server(context, options),
      meta(options.table),
      ids(tagged(options.table) + ":ids"),
      marks(tagged(options.table) + ":marks") {}

Result<void> RedisInbox::State::check_types() {
  struct Key {
    const std::string* name;
    std::string_view type;
  };
  const std::array keys{Key{&meta, "hash"}, Key{&ids, "zset"}, Key{&marks, "zset"}};
  for (const Key& key : keys) server.append({"TYPE", *key.name});
  std::optional<Error> wrong;
  for (const Key& key : keys) {
    auto reply = server.next();
    if (!reply) return reply.error();
    if (wrong) continue;
    const auto type = inbox::text_of(**reply);
    if (inbox::is_error(**reply)) {
      wrong = server.error(type);
    } else if (type != "none" && type != key.type) {
      wrong = inbox::other_shape(options, "its key " + *key.name + " is a " + std::string(type));
    }
  }
  if (wrong) return *wrong;
  return {};
}

Result<void> RedisInbox::State::check_eviction() {
  server.append({"INFO", "memory"});
  auto info = server.next_good();
  if (!info) return info.error();
  const auto policy = line_of(inbox::text_of(**info), "maxmemory_policy");
  if (!policy.starts_with("allkeys-")) return {};
  return Error{.remedy = Remedy::stop,
               .name = "inbox.may_be_evicted",
               .message = "the inbox '" + options.table + "': Redis has the maxmemory-policy " +
                          std::string(policy) +
                          ", with which it deletes ids when its memory is full",
               .next =
                   "CONFIG SET maxmemory-policy noeviction, or volatile-lru if other keys "
                   "have a time to live"};
}

Result<void> RedisInbox::State::make_and_check() {
  if (auto types = check_types(); !types) return types;
  if (auto evicted = check_eviction(); !evicted) return evicted;
  server.append({"EXISTS", meta, ids, marks});
  auto exists = server.next_good();
  if (!exists) return exists.error();
  if ((*exists)->integer == 0) {
    // Both fields or none: another worker may do the same.
    server.append({"MULTI"});
    server.append({"HSETNX", meta, "format", std::to_string(inbox::format)});
    server.append({"HSETNX", meta, "consumer", options.consumer});
    server.append({"EXEC"});
    if (auto made = server.skip(4); !made) return made;
  }
  server.append({"HMGET", meta, "format", "consumer"});
  auto about = server.next_good();
  if (!about) return about.error();
  const auto fields = inbox::elements_of(**about);
  if (fields.size() != 2) return inbox::other_shape(options, "it has no hash " + meta);
  return inbox::check_about(options, {.format = std::string(inbox::text_of(*fields[0])),
                                      .consumer = std::string(inbox::text_of(*fields[1]))});
}

}  // namespace headwater::client
