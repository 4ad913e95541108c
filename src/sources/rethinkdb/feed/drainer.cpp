// rethinkdb_drainer PORT DATABASE: reads the table `item` as a relay does, from the beginning of its
// journal, opens again at the last position, and has the journal forget. Prints the numbers of changes
// that it read first and then, and the peak of its memory in bytes.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "src/sources/rethinkdb/adapter.h"

namespace headwater {
namespace {

std::optional<std::size_t> read_all(Source& source, Position& at) {
  constexpr ReadLimits limits{.count = 1'024, .bytes = std::size_t{1} << 20U};
  constexpr Milliseconds wait{200};
  for (std::size_t changes = 0;;) {
    const auto batch = source.read(limits, wait, {});
    if (!batch) std::fprintf(stderr, "%s\n", batch.error().message.c_str());
    if (!batch) return std::nullopt;
    at = batch->position;
    changes += batch->changes.size();
    if (batch->current && batch->changes.empty()) return changes;
  }
}

std::size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1'024;
  }
  return 0;
}

int drain(const char* port, const char* database) {
  const SystemClock clock;
  rethinkdb::SourceOptions options;
  options.server = {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(std::atoi(port))};
  options.database = database;
  options.table = "item";
  const auto adapter = make_rethinkdb_source(options, clock);
  auto source = adapter->connect("a");
  auto at = adapter->position("a", "earliest");
  if (!source || !at || !(*source)->open(*at)) return 1;
  const auto first = read_all(**source, *at);
  if (!first || !(*source)->open(*at)) return 1;
  const auto then = read_all(**source, *at);
  const Durable durable =
      Durable::confirmed_by_stream({.sequence = 1, .position = *at, .source = "x"});
  if (!then || !(*source)->release(durable)) return 1;
  (*source)->close();
  std::printf("%zu %zu %zu\n", *first, *then, peak());
  return 0;
}

}  // namespace
}  // namespace headwater

int main(int argc, char** argv) { return argc == 3 ? headwater::drain(argv[1], argv[2]) : 2; }
