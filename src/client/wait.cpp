#include <headwater/stream.h>

#include "src/adapters/registry.h"
#include "src/client/convert.h"
#include "src/config/config.h"
#include "src/consumer/passing.h"

namespace headwater::client {
namespace {

struct Found {
  std::string relay;
  std::unique_ptr<SourceAdapter> source;
  std::unique_ptr<StreamAdapter> stream;
};

/// Adds the relays of one entry of the file whose name is `wanted`, or all if that is empty.
headwater::Result<void> find(config::RelayConfig& config, const std::string& wanted,
                             const Clock& clock, std::vector<Found>& found) {
  const std::string source = adapters::chosen(config.source, adapters::source_names());
  const std::string stream = adapters::chosen(config.stream, adapters::stream_names());
  if (source.empty() || stream.empty()) return config.whole.finish();
  auto sources = adapters::make_sources(source, config.source.child(source), clock);
  if (!sources) return failed(sources);
  for (NamedSource& one : *sources) {
    std::string name = one.relay_name(config.name);
    if (!wanted.empty() && wanted != name) continue;
    auto made = adapters::make_stream(stream, config.stream.child(stream), clock);
    if (!made) return failed(made);
    found.push_back({std::move(name), std::move(one.adapter), *std::move(made)});
  }
  return {};
}

headwater::Error not_one(const std::string& file, const Write& write, std::size_t found) {
  if (found == 0) {
    return {.name = "config.unknown_relay",
            .message = file + " has no relay '" + write.relay + "'",
            .next = "give one of its names"};
  }
  return {.name = "config.several_relays",
          .message = file + " has " + std::to_string(found) + " relays",
          .next = "give the name of one"};
}

}  // namespace

Result<std::uint64_t> wait_for_write(const std::string& config_file, const Write& write,
                                     std::chrono::milliseconds patience, std::stop_token stop) {
  const SystemClock clock;
  auto loaded = config::load(config_file);
  if (!loaded) return to_public(loaded.error());
  std::vector<Found> found;
  for (config::RelayConfig& config : loaded->relays) {
    if (auto done = find(config, write.relay, clock, found); !done) return to_public(done.error());
  }
  if (found.size() != 1) return to_public(not_one(config_file, write, found.size()));
  auto passed = consumer::wait_until_passed(
      *found[0].source, *found[0].stream,
      {.relay = found[0].relay, .write = write.write, .consumer = write.consumer}, patience, clock,
      stop);
  if (!passed) return to_public(passed.error());
  return *passed;
}

}  // namespace headwater::client
