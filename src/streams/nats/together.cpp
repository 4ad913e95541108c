#include "src/streams/nats/together.h"

#include <array>
#include <cstdint>
#include <utility>

#include "src/base/number_in.h"
#include "src/json/json.h"
#include "src/streams/nats/acks.h"
#include "src/streams/nats/errors.h"

namespace headwater::nats {
namespace {

using Version = std::array<std::uint64_t, 3>;

// Older ones may block forever, or use memory twice, when a leader fails (nats-server 8098).
constexpr Version least{2, 12, 9};
constexpr Version also_too_old{2, 14, 0};

/// "2.12.9", also with a suffix.
Version version_in(std::string_view text) {
  Version version{};
  for (std::uint64_t& number : version) {
    number = number_in(text);
    const auto point = text.find('.');
    if (point == std::string_view::npos) break;
    text.remove_prefix(point + 1);
  }
  return version;
}

/// What JetStream answers to a request that the library has no words for.
Result<Json> ask(const Connection& connection, const std::string& doing, const std::string& what,
                 const std::string& question) {
  Message answer;
  const natsStatus status =
      natsConnection_RequestString(Into(answer), connection.nats(), ("$JS.API." + what).c_str(),
                                   question.c_str(), patience.count());
  if (status != NATS_OK) return fail(connection.error_of(doing, status, 0));
  const std::string_view text(natsMsg_GetData(answer.get()),
                              static_cast<std::size_t>(natsMsg_GetDataLength(answer.get())));
  auto json = Json::parse(text);
  if (!json) return fail(unavailable(doing + ": an answer that cannot be read"));
  const Json& error = (*json)["error"];
  if (error.is_null()) return *std::move(json);
  return fail(refused(doing, NATS_ERR, code_in(error),
                      std::string(error["description"].text().value_or(""))));
}

Together together_in(const Json& info) {
  const Json& config = info["config"];
  const auto version = version_in(config["metadata"]["_nats.ver"].text().value_or(""));
  if (version < least || version == also_too_old) return Together::not_here;
  return config["allow_atomic"].boolean().value_or(false) ? Together::yes : Together::not_allowed;
}

}  // namespace

Together together_in(std::string_view info) {
  return together_in(Json::parse(info).value_or(Json()));
}

Result<Together> together(const Connection& connection, const std::string& stream) {
  auto info = ask(connection, "asking for stream " + stream, "STREAM.INFO." + stream, "");
  if (!info) return failed(info);
  return together_in(*info);
}

Finding describe(Together together, const std::string& stream) {
  const std::string slow =
      "appends: each event waits until all replicas' leader acknowledges the one before it";
  switch (together) {
    case Together::yes:
      return {.what = "appends: up to " + std::to_string(most_together) +
                      " events are stored together or not at all (atomic batches)"};
    case Together::not_allowed:
      return {.kind = Finding::Kind::note,
              .what = slow,
              .next =
                  "for many times the events a second, if all servers are nats-server 2.12.9 "
                  "or newer: nats stream edit " +
                  stream + " --allow-batch"};
    case Together::not_here:
      break;
  }
  return {.kind = Finding::Kind::note,
          .what = slow,
          .next =
              "for many times the events a second: nats-server 2.12.9 or newer; docs/nats.md, "
              "\"A cluster\""};
}

Result<void> create_stream(const Connection& connection, const Options& options,
                           const Subjects& subjects) {
  Json config{{"name", options.stream},
              {"subjects", Json::array({subjects.events(), subjects.positions()})},
              {"retention", "limits"},
              {"storage", "file"},
              {"num_replicas", options.replicas}};
  // Servers that do not know it pass over it.
  if (options.replicas > 1) config.set("allow_atomic", true);
  auto made = ask(connection, "creating stream " + options.stream,
                  "STREAM.CREATE." + options.stream, config.dump());
  if (!made) return failed(made);
  return {};
}

}  // namespace headwater::nats
