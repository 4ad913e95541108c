#include "src/streams/redis/settings.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/streams/shared/findings.h"

namespace headwater::redis {
namespace {

using streams::mebibytes;
using Kind = Finding::Kind;

constexpr std::uint64_t least_version = 7;

Finding version(const Settings& settings) {
  const std::string version = settings.text("redis_version");
  if (version.empty()) {
    return {.kind = Kind::note,
            .what = "settings: unknown, because this user may not read them (INFO)",
            .next = "give the user +info and +config|get: docs/redis.md"};
  }
  if (number_in(version) < least_version) {
    return {.kind = Kind::problem,
            .what = "Redis " + version + ": too old; its scripts can fail after they have begun",
            .next = "upgrade it to 7.0 or newer"};
  }
  return {.what = "Redis " + version};
}

Finding role(const Settings& settings) {
  if (settings.text("role") == "slave") {
    return {.kind = Kind::problem,
            .what = "role: replica of " + settings.text("master_host") + ":" +
                    settings.text("master_port") + "; it accepts no appends",
            .next = "set stream.redis.url to the primary's address"};
  }
  return {.what = "role: primary"};
}

Finding appendfsync(const Settings& settings) {
  const std::string policy = settings.text("appendfsync");
  if (policy == "always") {
    if (settings.text("no-appendfsync-on-rewrite") == "yes") {
      return {.kind = Kind::note,
              .what =
                  "durability: appendfsync always, but not while the file is rewritten "
                  "(no-appendfsync-on-rewrite yes)",
              .next = "redis-cli CONFIG SET no-appendfsync-on-rewrite no"};
    }
    return {.what = "durability: appendfsync always: an append is on the disk before it counts"};
  }
  if (policy == "everysec") {
    return {.what =
                "durability: appendfsync everysec: a crash of the machine may lose the last second "
                "or two; the relay publishes the same events again"};
  }
  if (policy == "no") {
    return {.kind = Kind::note,
            .what =
                "durability: appendfsync no: a crash of the machine may lose what its system had "
                "not written yet, often half a minute; the relay publishes the same events again",
            .next = "redis-cli CONFIG SET appendfsync everysec"};
  }
  return {.kind = Kind::note,
          .what = "durability: append-only file; this user may not read how often it is synced"};
}

Finding durability(const Settings& settings) {
  if (settings.text("aof_enabled") == "1") return appendfsync(settings);
  const std::string next = "redis-cli CONFIG SET appendonly yes, and the same in redis.conf";
  if (settings.has("save") && settings.text("save").empty()) {
    return {.kind = Kind::problem,
            .what =
                "durability: none: a restart of Redis empties the stream (appendonly no, no "
                "save)",
            .next = next};
  }
  return {.kind = Kind::note,
          .what = "durability: snapshots only (save " + settings.text("save") +
                  "): a crash loses everything since the last one; the relay publishes the same "
                  "events again, if the source still has them",
          .next = next};
}

Finding disk(const Settings& settings) {
  const bool file = settings.text("aof_last_write_status") == "err";
  const bool snapshot = settings.text("rdb_last_bgsave_status") == "err";
  if (!file && !snapshot) return {.what = "disk: the last write succeeded"};
  return {.kind = Kind::problem,
          .what = std::string("disk: Redis could not write its ") +
                  (file ? "append-only file" : "last snapshot") + ", and may refuse appends",
          .next = "check its log; free disk space: df -h"};
}

Finding memory(const Settings& settings) {
  const std::uint64_t used = settings.number("used_memory");
  const std::uint64_t most = settings.number("maxmemory");
  const std::string policy = settings.text("maxmemory_policy");
  if (policy.starts_with("allkeys")) {
    return {.kind = Kind::problem,
            .what = "memory: maxmemory-policy " + policy +
                    ": when memory is short, Redis removes the stream or its tails",
            .next = "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf"};
  }
  const std::string now = "memory: " + mebibytes(used) + " in use";
  if (most == 0) return {.what = now + ", no limit"};
  Finding finding{.what = now + " of " + mebibytes(most) + ", " + policy +
                          ": appends wait while it is full"};
  if (used > most / 10 * 9) {
    finding.kind = Kind::note;
    finding.next = "raise maxmemory, or let the stream keep less: stream.redis.retention";
  }
  return finding;
}

Finding replicas(const Settings& settings, std::uint32_t waited_for) {
  const std::uint64_t there = settings.number("connected_slaves");
  const std::string now = "replicas: " + std::to_string(there);
  if (waited_for > there) {
    return {.kind = Kind::problem,
            .what = now + "; appends wait for " + std::to_string(waited_for),
            .next = "connect them, or lower stream.redis.replicas"};
  }
  if (waited_for > 0) {
    return {.what = now + "; an append counts once " + std::to_string(waited_for) +
                    " of them have it in memory (WAIT), synced to disk or not"};
  }
  if (there == 0) return {.what = now};
  return {.kind = Kind::note,
          .what = now +
                  "; appends do not wait for them: a failover may lose the last ones, and the "
                  "relay publishes the same events again",
          .next = "to wait for one: stream: { redis: { replicas: 1 } }"};
}

}  // namespace

Result<Settings> Settings::read(Connection& connection) {
  Settings settings;
  // A missing permission gives an error reply, after which the connection still works; every other
  // error occurs again in the next call.
  if (const auto info = connection.call({"INFO"})) {
    settings.add_info(info->get().text());
  } else if (info.error().name != "stream.unauthorized") {
    return fail(info.error());
  }
  for (const char* name : {"appendfsync", "save", "no-appendfsync-on-rewrite"}) {
    const auto found = connection.call({"CONFIG", "GET", name});
    if (!found && found.error().remedy == Remedy::retry) return fail(found.error());
    if (found && found->get().size() == 2) settings.add(name, std::string(found->get()[1].text()));
  }
  return settings;
}

Result<Settings> Settings::read_memory(Connection& connection) {
  const auto info = connection.call({"INFO", "memory"});
  if (!info) return fail(info.error());
  Settings settings;
  settings.add_info(info->get().text());
  return settings;
}

void Settings::add_info(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    add(std::string(line.substr(0, colon)), std::string(value));
  }
}

std::string Settings::text(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second;
}

std::uint64_t Settings::number(const std::string& name) const { return number_in(text(name)); }

std::optional<std::uint64_t> memory_left(const Settings& settings) {
  const std::uint64_t most = settings.number("maxmemory");
  if (most == 0 || settings.text("maxmemory_policy") != "noeviction") return std::nullopt;
  const std::uint64_t all = settings.number("used_memory");
  const std::uint64_t counted = all - std::min(all, settings.number("mem_not_counted_for_evict"));
  return most - std::min(most, counted);
}

Report judge(const Settings& settings, std::uint32_t replicas_waited_for) {
  Report report{version(settings)};
  if (!settings.has("redis_version")) return report;
  report.push_back(role(settings));
  report.push_back(durability(settings));
  report.push_back(disk(settings));
  report.push_back(memory(settings));
  report.push_back(replicas(settings, replicas_waited_for));
  return report;
}

}  // namespace headwater::redis
