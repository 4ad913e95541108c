// Runs the measurements and prints their tables. Exit code: 0 if all bounds are met, 1 if one is
// missed, 2 for a usage error or a failed measurement.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "bench/measurements.h"

namespace headwater::bench {
namespace {

struct Measurement {
  const char* name;
  Result<Findings> (*measure)(const Options&);
  bool only_by_name = false;  ///< Not part of everything.
};
constexpr std::array measurements{
    Measurement{"drain", measure_drain},
    Measurement{"memory", measure_memory},
    Measurement{"latency", measure_latency},
    Measurement{"writers", measure_writers},
    Measurement{"idle", measure_idle},
    Measurement{"mongodb", measure_mongodb},
    Measurement{"mongodb-relays", measure_mongodb_relays},
    Measurement{"postgresql", measure_postgresql},
    Measurement{"rethinkdb", measure_rethinkdb},
    Measurement{"streams-kafka", measure_kafka},
    Measurement{"streams-kafka-latency", measure_kafka_latency},
    Measurement{"streams-nats", measure_nats},
    Measurement{"streams-redis", measure_redis},
    Measurement{"serve", measure_serve},
    Measurement{"consumers-reading-embedded", measure_reading_embedded},
    Measurement{"consumers-reading-nats", measure_reading_nats},
    Measurement{"consumers-reading-redis", measure_reading_redis},
    Measurement{"consumers-reading-kafka", measure_reading_kafka},
    Measurement{"consumers-inbox-sqlite", measure_inbox_sqlite},
    Measurement{"consumers-inbox-postgresql", measure_inbox_postgresql},
    Measurement{"consumers-handler", measure_handler},
    Measurement{"consumers-materialize", measure_materialize},
    Measurement{"peers", measure_peers, true},
};

/// "streams" selects all measurements whose names begin with "streams-", and so on.
constexpr std::array groups{"streams", "consumers", "consumers-reading", "consumers-inbox"};

bool is_asked_for(const Measurement& measurement, const std::vector<std::string>& asked) {
  if (asked.empty()) return !measurement.only_by_name;
  const std::string name = measurement.name;
  if (std::ranges::find(asked, name) != asked.end()) return true;
  return std::ranges::any_of(groups, [&](const std::string& group) {
    return name.starts_with(group + "-") && std::ranges::find(asked, group) != asked.end();
  });
}

struct Request {
  Options options;
  std::vector<std::string> names;
  std::string markdown;
  std::string json;
};

void write(const std::string& path,
           void (*print)(std::ostream&, const std::vector<std::string>&,
                         const std::vector<Findings>&),
           const std::vector<std::string>& machine, const std::vector<Findings>& findings) {
  if (path.empty()) return;
  std::ofstream out(path);
  print(out, machine, findings);
}

int run_all(const Request& request) {
  std::vector<Findings> findings;
  for (const auto& measurement : measurements) {
    if (!is_asked_for(measurement, request.names)) continue;
    auto found = measurement.measure(request.options);
    progress("");
    if (!found) {
      std::cerr << measurement.name << ": " << found.error().message << '\n';
      return 2;
    }
    findings.push_back(std::move(*found));
  }
  auto machine = describe_machine(request.options.folder);
  if (request.options.quick) machine.emplace_back("quick: too little work for meaningful figures");
  print_table(std::cout, machine, findings);
  write(request.markdown, print_markdown, machine, findings);
  write(request.json, print_json, machine, findings);
  const bool met = std::ranges::all_of(findings, [](const Findings& each) {
    return std::ranges::all_of(each.figures, [](const Figure& figure) { return figure.met(); });
  });
  return met ? 0 : 1;
}

int main(int count, char** arguments) {
  Request request;
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  request.options.headwater = here / "headwater";
  request.options.folder = here / "bench-data";
  std::vector<std::string> known;
  known.reserve(measurements.size() + groups.size());
  for (const auto& each : measurements) known.emplace_back(each.name);
  known.insert(known.end(), groups.begin(), groups.end());

  CLI::App app("Measures Headwater on this machine; docs/benchmarks.md explains how.");
  app.add_option("NAME", request.names, "What to measure; everything but peers if none is named")
      ->check(CLI::IsMember(known));
  app.add_flag("--quick", request.options.quick,
               "Little work: shows that everything runs, not how fast");
  app.add_option("--runs", request.options.runs,
                 "The number of runs, instead of each measurement's default")
      ->check(CLI::PositiveNumber);
  app.add_option("--changes", request.options.changes, "The number of changes that peers counts")
      ->check(CLI::PositiveNumber);
  app.add_option("--folder", request.options.folder,
                 "The folder for the databases; the disk matters")
      ->capture_default_str();
  app.add_option("--headwater", request.options.headwater, "The program to measure")
      ->capture_default_str()
      ->check(CLI::ExistingFile);
  app.add_option("--markdown", request.markdown, "Also write the table to this file, as Markdown");
  app.add_option("--json", request.json, "Also write the figures to this file, as JSON");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::filesystem::create_directories(request.options.folder);
  return run_all(request);
}

}  // namespace
}  // namespace headwater::bench

int main(int count, char** arguments) { return headwater::bench::main(count, arguments); }
