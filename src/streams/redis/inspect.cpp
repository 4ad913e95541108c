#include "src/streams/redis/inspect.h"

#include <cstdint>
#include <utility>

#include "src/base/number_in.h"
#include "src/ports/place.h"
#include "src/streams/redis/entry.h"
#include "src/streams/redis/keys.h"
#include "src/streams/redis/prepared.h"
#include "src/streams/redis/settings.h"
#include "src/streams/shared/findings.h"

namespace headwater::redis {
namespace {

using Kind = Finding::Kind;

/// The first and last events, and whether the stream and the hash agree on the last.
Result<Finding> events(Connection& connection, const Options& options) {
  const Keys keys = *keys_of(options.key);
  const auto noted = connection.call({"HGET", keys.tails, "last"});
  if (!noted) return fail(noted.error());
  const std::uint64_t last = number_in(noted->get().text());
  const auto there = connection.call({"EXISTS", keys.stream});
  if (!there) return fail(there.error());
  std::string id = "0-0";
  std::uint64_t length = 0;
  std::uint64_t first = last + 1;
  if (there->get().integer() == 1) {
    const auto info = connection.call({"XINFO", "STREAM", keys.stream});
    if (!info) return fail(info.error());
    const Reply found = info->get();
    if (const auto value = found.find("last-generated-id")) id = value->text();
    if (const auto value = found.find("length")) {
      length = static_cast<std::uint64_t>(value->integer());
    }
    if (const auto value = found.find("first-entry")) {
      first = sequence_of((*value)[0].text()).value_or(first);
    }
  }
  // A running relay may append between the queries, but never removes.
  if (sequence_of(id).value_or(0) < last || !id.starts_with("0-")) {
    return fail(torn(options, std::to_string(last), id));
  }
  if (length == 0) return Finding{.what = "events: none; the next is " + std::to_string(last + 1)};
  return Finding{.what = "events: " + std::to_string(first) + " to " + std::to_string(last) + " (" +
                         std::to_string(length) + ")"};
}

/// Keys that Redis will remove at some time.
Result<Finding> expiry(Connection& connection, const Options& options) {
  const Keys keys = *keys_of(options.key);
  for (const std::string& key : {keys.stream, keys.tails, keys.consumers}) {
    const auto left = connection.call({"PTTL", key});
    if (!left) return fail(left.error());
    if (left->get().integer() < 0) continue;
    return Finding{.kind = Kind::problem,
                   .what = "expiry: Redis removes " + key + " in " +
                           std::to_string(left->get().integer() / 1000) + " s",
                   .next = "redis-cli PERSIST '" + key + "'"};
  }
  return Finding{.what = "expiry: none"};
}

Result<Finding> retention(Connection& connection, const Options& options) {
  const Retention& limits = options.retention;
  std::string what = "retention:";
  if (limits.age) what += " " + std::to_string(limits.age->count() / 1000) + " s";
  if (limits.length) what += " " + std::to_string(*limits.length) + " events";
  if (!limits.age && !limits.length) {
    return Finding{.what = what + " none by Headwater; the stream grows"};
  }
  if (limits.ignore_consumers) return Finding{.what = what + ", whatever consumers need"};
  const auto found = connection.call({"HGETALL", keys_of(options.key)->consumers});
  if (!found) return fail(found.error());
  const auto own = connection.call({"HGET", keys_of(options.key)->tails, "life"});
  if (!own) return fail(own.error());
  const Reply consumers = found->get();
  std::string slowest;
  std::uint64_t acknowledged = 0;
  for (std::size_t at = 0; at + 1 < consumers.size(); at += 2) {
    const Place place = place_in(consumers[at + 1].text());
    if (place.life != own->get().text()) {
      const std::string consumer(consumers[at].text());
      std::string next = start_again_command(consumer);
      next.append("; if it no longer exists: redis-cli HDEL '")
          .append(keys_of(options.key)->consumers)
          .append("' '")
          .append(consumer)
          .append("'");
      std::string held = what;
      held.append(", held up by consumer ").append(consumer);
      held.append(", which has only read an earlier stream of this name");
      return Finding{.kind = Kind::problem, .what = std::move(held), .next = std::move(next)};
    }
    const std::uint64_t sequence = place.sequence;
    if (!slowest.empty() && sequence >= acknowledged) continue;
    slowest = consumers[at].text();
    acknowledged = sequence;
  }
  if (slowest.empty()) return Finding{.what = what};
  return Finding{.what = what + ", and what consumer " + slowest +
                         " still needs, which has acknowledged " + std::to_string(acknowledged)};
}

}  // namespace

Result<Finding> describe_tail(Connection& connection, const Options& options,
                              const std::string& relay) {
  const auto found = connection.call(
      {"HMGET", keys_of(options.key)->tails, "sequence:" + relay, "source:" + relay});
  if (!found) return fail(found.error());
  const Reply values = found->get();
  Tail tail;
  tail.sequence = number_in(values[0].text());
  tail.source = values[1].text();
  return streams::describe_tail(relay, tail);
}

Report inspect(const Options& options, const std::string& relay) {
  auto connection = Connection::open(options.server);
  if (!connection) return {problem(connection.error())};
  const auto settings = Settings::read(*connection);
  if (!settings) return {problem(settings.error())};
  Report report = judge(*settings, options.replicas);
  auto prepared = open_prepared(options);
  if (!prepared) {
    report.push_back(problem(prepared.error()));
    return report;
  }
  report.push_back({.what = "stream " + options.key + ": version " + format_version});
  for (auto& found : {events(*prepared, options), describe_tail(*prepared, options, relay),
                      expiry(*prepared, options), retention(*prepared, options)}) {
    report.push_back(found ? *found : problem(found.error()));
  }
  return report;
}

}  // namespace headwater::redis
