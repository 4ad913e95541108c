// `headwater serve`: live events over HTTP from an embedded stream to one client.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "bench/measurements.h"
#include "bench/stream_load.h"
#include "src/base/descriptor.h"
#include "src/streams/embedded/embedded.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/waiting.h"

namespace headwater::bench {
namespace {

/// Events whose CloudEvents JSON has about 500 bytes.
std::vector<Event> make_served() {
  std::vector<Event> events = make_append();
  for (Event& event : events) {
    event.data = R"({"op":"insert","key":{"id":1},"before":null,"after":{"id":1,"text":")";
    while (to_json({.sequence = 1, .event = event}).size() < 496) event.data += 'x';
    event.data += R"("}})";
  }
  return events;
}

/// The port in the program's log, once it is there.
Result<int> port_in(const std::filesystem::path& log) {
  const std::regex line("streams at http://127\\.0\\.0\\.1:([0-9]+)/");
  int port = 0;
  const auto listens = [&] {
    const std::string text = rig::contents(log.string());
    std::smatch found;
    if (std::regex_search(text, found, line)) port = std::stoi(found[1]);
    return port != 0;
  };
  if (rig::wait_until(listens, Milliseconds(10'000))) return port;
  return fail(bench_error("headwater serve does not listen; see " + log.string()));
}

/// Reads until `count` events have arrived, each of which ends with an empty line.
Result<void> listen_to(int port, std::int64_t count) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail(bench_error("cannot connect to headwater serve"));
  }
  const std::string request =
      "GET /streams/bench/live?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (::send(socket.get(), request.data(), request.size(), 0) < 0) {
    return fail(bench_error("cannot send to headwater serve"));
  }
  std::vector<char> part(std::size_t{1} << 20U);
  // The comment that comes first ends with one, too.
  for (std::int64_t ends = 0; ends < count + 1;) {
    const ssize_t size = ::recv(socket.get(), part.data(), part.size() - 1, 0);
    if (size <= 0) return fail(bench_error("headwater serve has closed the connection"));
    // Only an event begins a line with this; it never spans the parts by more than a few.
    const char* at = part.data();
    const char* const end = part.data() + size;
    while (true) {
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (at == nullptr || at + 1 >= end) break;
      ++at;
      if (*at == '\n') ++ends;
    }
  }
  return {};
}

struct Run {
  double seconds;
  double processor;
  double memory;
};

Result<Run> serve_once(const Options& options, const std::filesystem::path& folder,
                       std::int64_t count) {
  const auto log = folder / "serve.log";
  std::filesystem::remove(log);
  auto program =
      Process::start(options.headwater, {"serve", "-c", (folder / "headwater.yaml").string()}, log);
  if (!program) return failed(program);
  auto port = port_in(log);
  if (!port) return failed(port);
  auto before = program->processor_seconds();
  if (!before) return failed(before);
  const SteadyTime start = now();
  if (auto heard = listen_to(*port, count); !heard) return failed(heard);
  Run run{.seconds = seconds_since(start), .processor = 0, .memory = 0};
  auto after = program->processor_seconds();
  if (!after) return failed(after);
  run.processor = *after - *before;
  auto ended = program->stop();
  if (!ended) return failed(ended);
  run.memory = ended->peak_mebibytes;
  return run;
}

Result<void> fill_stream(const std::filesystem::path& folder, std::int64_t appends) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const SystemClock clock;
  const auto stream = embedded::make_stream({.path = (folder / "events.db").string()}, clock);
  if (auto prepared = stream->prepare("bench"); !prepared) return failed(prepared);
  std::ofstream(folder / "headwater.yaml")
      << "relay: bench\n"
         "serve: { listen: 127.0.0.1:0 }\n"
         "source: { sqlite: { path: source.db, tables: all } }\n"
         "stream: { embedded: { path: events.db } }\n";
  return append_all(*stream, make_served(), appends);
}

}  // namespace

Result<Findings> measure_serve(const Options& options) {
  const std::int64_t appends = options.quick ? 20 : 500;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  const std::int64_t count = appends * append_size;
  const auto folder = options.folder / "serve";
  progress("serve: filling the stream");
  if (auto filled = fill_stream(folder, appends); !filled) return failed(filled);
  std::vector<double> seconds;
  std::vector<double> processor;
  std::vector<double> memory;
  for (int i = 0; i < runs; ++i) {
    progress("serve: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    auto run = serve_once(options, folder, count);
    if (!run) return failed(run);
    seconds.push_back(run->seconds);
    processor.push_back(run->processor);
    memory.push_back(run->memory);
  }
  std::filesystem::remove_all(folder);
  const auto events = static_cast<double>(count);
  return Findings{"serve",
                  number(events) +
                      " events of 500 bytes in an embedded stream, from the earliest, "
                      "as server-sent events to one client; " +
                      runs_text(runs),
                  {{"events to one client", events / median(seconds), "events/s", {}},
                   {"events in a second of one processor", events / median(processor), "events/s",
                    Bound{Bound::Kind::at_least, 50'000}},
                   {"peak memory", median(memory), "MiB", Bound{Bound::Kind::below, 64}}}};
}

}  // namespace headwater::bench
