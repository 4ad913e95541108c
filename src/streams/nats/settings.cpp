#include "src/streams/nats/settings.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

using Kind = Finding::Kind;

bool takes(const jsStreamConfig& config, const std::string& subject) {
  for (int at = 0; at < config.SubjectsLen; ++at) {
    if (subject == config.Subjects[at] || std::string(config.Subjects[at]) == ">") return true;
  }
  return false;
}

/// Empty for none.
std::string limits(const jsStreamConfig& config) {
  constexpr std::int64_t second = 1'000'000'000;
  std::string text;
  if (config.MaxAge > 0) text += " " + std::to_string(config.MaxAge / second) + " s";
  if (config.MaxMsgs > 0) text += " " + std::to_string(config.MaxMsgs) + " messages";
  if (config.MaxBytes > 0) text += " " + std::to_string(config.MaxBytes) + " bytes";
  return text;
}

std::optional<Finding> missing_subject(const jsStreamConfig& config, const Options& options,
                                       const Subjects& subjects) {
  for (const std::string& subject : {subjects.events(), subjects.positions()}) {
    if (takes(config, subject)) continue;
    return Finding{.kind = Kind::problem,
                   .what = "stream " + options.stream + " does not take " + subject,
                   .next = "nats stream edit " + options.stream + " --subjects='" +
                           subjects.events() + "," + subjects.positions() + "'"};
  }
  return std::nullopt;
}

/// What would lose events, or keep relays from publishing, without a word.
Report problems(const jsStreamConfig& config, const Options& options, const Subjects& subjects) {
  Report report;
  const auto add = [&](bool bad, const std::string& what, const std::string& edit) {
    if (!bad) return;
    report.push_back({.kind = Kind::problem,
                      .what = "stream " + options.stream + " " + what,
                      .next = edit.empty() ? "use another stream: stream.nats.stream"
                                           : "nats stream edit " + options.stream + " " + edit});
  };
  add(config.Retention != js_LimitsPolicy,
      "forgets what its consumers have read, or what none wants", "");
  add(config.NoAck, "acknowledges nothing", "");
  add(config.Discard == js_DiscardNew, "refuses new messages when it is full", "--discard=old");
  add(!options.limits && !limits(config).empty(),
      "removes events beyond" + limits(config) + ", whether they were read or not",
      "--max-age=0 --max-msgs=-1 --max-bytes=-1; or say that it is wanted: stream.nats.retention: "
      "limits");
  add(config.MaxMsgsPerSubject > 0, "keeps only the last messages of a subject",
      "--max-msgs-per-subject=-1");
  // What the fence of the first message of an append rests on: see writer.h.
  constexpr std::int64_t minute = 60'000'000'000;
  add(config.Duplicates < minute, "remembers message ids for less than a minute",
      "--dupe-window=2m");
  add(config.Sealed, "is sealed", "");
  add(config.Mirror != nullptr || config.SourcesLen > 0, "is filled from other streams", "");
  add(config.AllowRollup, "lets a message remove those before it", "");
  if (auto missing = missing_subject(config, options, subjects)) report.push_back(*missing);
  return report;
}

bool is_end(const jsAccountLimits& limits) {
  return limits.MaxStore >= 0 || limits.MaxMemory >= 0 || limits.StoreMaxStreamBytes > 0 ||
         limits.MemoryMaxStreamBytes > 0;
}

}  // namespace

bool is_limited(const jsAccountInfo& account) {
  // Where there are tiers, one for each number of replicas, the account's own limits say nothing.
  if (account.TiersLen == 0) return is_end(account.Limits);
  for (int at = 0; at < account.TiersLen; ++at) {
    if (is_end(account.Tiers[at]->Limits)) return true;
  }
  return false;
}

Report describe_limits(const jsAccountInfo& account) {
  if (!is_limited(account)) return {};
  return {{.kind = Kind::note,
           .what = "account: may store only so much, so each event waits until the one before it "
                   "is acknowledged; docs/nats.md, \"An account with limits\""}};
}

std::optional<std::uint64_t> bytes_left(const jsAccountInfo& account,
                                        const jsStreamConfig& config) {
  if (config.Replicas > 1) return std::nullopt;
  const auto left = [&](const auto& usage) -> std::optional<std::uint64_t> {
    const bool memory = config.Storage == js_MemoryStorage;
    const std::int64_t most = memory ? usage.Limits.MaxMemory : usage.Limits.MaxStore;
    if (most < 0) return std::nullopt;
    const auto limit = static_cast<std::uint64_t>(most);
    return limit - std::min(limit, memory ? usage.Memory : usage.Store);
  };
  if (account.TiersLen == 0) return left(account);
  for (int at = 0; at < account.TiersLen; ++at) {
    const jsTier& tier = *account.Tiers[at];
    if (tier.Name != nullptr && std::string_view(tier.Name) == "R1") return left(tier);
  }
  return std::nullopt;
}

Result<void> can_publish(const jsStreamInfo& info, const Options& options,
                         const Subjects& subjects) {
  auto missing = missing_subject(*info.Config, options, subjects);
  if (!missing) return {};
  Error error = unavailable(missing->what);
  error.name = "stream.unsafe_settings";
  error.next = std::move(missing->next);
  return fail(std::move(error));
}

Report judge(const jsStreamInfo& info, const Options& options, const Subjects& subjects) {
  const jsStreamConfig& config = *info.Config;
  Report report = problems(config, options, subjects);
  if (!report.empty()) return report;
  const std::string forgets = limits(config);
  report.push_back({.kind = forgets.empty() ? Kind::ok : Kind::note,
                    .what = forgets.empty()
                                ? "retention: none; the stream grows"
                                : "retention:" + forgets + ", whether it was read or not"});
  const bool memory = config.Storage == js_MemoryStorage;
  const std::string copies =
      std::to_string(config.Replicas) + (config.Replicas == 1 ? " server" : " servers");
  report.push_back(
      {.kind = Kind::note,
       .what = memory ? "durability: in the memory of " + copies + "; gone when they end"
                      : "durability: in files of " + copies +
                            "; safe if the server's process dies; if its machine does, as much is "
                            "lost as nats-server had not synced (jetstream sync_interval, usually "
                            "two minutes), and is published again"});
  return report;
}

}  // namespace headwater::nats
