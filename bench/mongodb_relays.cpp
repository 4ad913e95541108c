#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "bench/measurements.h"
#include "bench/mongodb_site.h"

namespace headwater::bench {
namespace {

constexpr int parts = 8;

/// One way to share the work: a relay for each entry.
struct Layout {
  std::string name;
  struct Relay {
    std::string watch;
    std::string pipeline{};
  };
  std::vector<Relay> relays;
};

std::vector<Layout> layouts() {
  std::vector<Layout> all{{"1 relay of the database", {{"shop"}}},
                          {"1 relay of one collection of eight", {{"shop.part0"}}}};
  for (const int count : {2, 4, parts}) {
    Layout layout{std::to_string(count) + " relays, each of one collection of eight", {}};
    for (int i = 0; i < count; ++i) layout.relays.push_back({"shop.part" + std::to_string(i)});
    all.push_back(std::move(layout));
  }
  Layout cut{"8 relays of the database, cut by a pipeline", {}};
  for (int i = 0; i < parts; ++i) {
    cut.relays.push_back(
        {"shop", "[ { $match: { fullDocument.cut: " + std::to_string(i) + " } } ]"});
  }
  all.push_back(std::move(cut));
  return all;
}

std::string yaml(const Layout& layout, const std::string& uri, std::size_t number) {
  std::ostringstream text;
  text << "relays:\n";
  for (std::size_t i = 0; i < layout.relays.size(); ++i) {
    const auto& [watch, pipeline] = layout.relays[i];
    const std::string name = "bench" + std::to_string(number) + "-" + std::to_string(i);
    text << "  - relay: " << name << "\n    source:\n      mongodb:\n        uri: \"" << uri
         << "\"\n        identity: mongodb:bench\n        watch: " << watch << '\n';
    if (!pipeline.empty()) text << "        pipeline: " << pipeline << '\n';
    text << "    stream:\n      embedded: { path: " << name << ".db }\n";
  }
  return text.str();
}

struct Cost {
  double server_seconds = 0;
  double seconds = 0;
  double mebibytes = 0;
};

Result<Cost> drain_by(const MongoSite& site) {
  auto before = processor_seconds(site.server().pid());
  if (!before) return failed(before);
  const SteadyTime start = now();
  auto ended = site.drain();
  if (!ended) return failed(ended);
  const double seconds = seconds_since(start);
  auto after = processor_seconds(site.server().pid());
  if (!after) return failed(after);
  return Cost{*after - *before, seconds, ended->peak_mebibytes};
}

}  // namespace

Result<Findings> measure_mongodb_relays(const Options& options) {
  const std::int64_t changes = options.quick ? 8'000 : 400'000;
  auto site = MongoSite::create(options, "mongodb-relays", options.quick ? 100'000 : 4'000);
  if (!site) return failed(site);
  const auto all = layouts();
  for (std::size_t i = 0; i < all.size(); ++i) {
    (*site)->configure(yaml(all[i], (*site)->uri(), i));
    if (auto done = (*site)->init(); !done) return failed(done);
  }
  (*site)->fill_parts(changes, parts);
  Findings findings{"mongodb-relays",
                    std::string((*site)->real() ? "mongod" : "SecantusDB") + "; a backlog of " +
                        number(static_cast<double>(changes)) +
                        " inserts of 1 KB into eight collections in turn, drained by relays in one "
                        "process; once each",
                    {}};
  const double millions = static_cast<double>(changes) / 1e6;
  for (std::size_t i = 0; i < all.size(); ++i) {
    progress("mongodb-relays: " + all[i].name);
    (*site)->configure(yaml(all[i], (*site)->uri(), i));
    auto cost = drain_by(**site);
    if (!cost) return failed(cost);
    findings.figures.push_back({all[i].name + ": the server's processor time for a million changes",
                                cost->server_seconds / millions,
                                "s",
                                {}});
    findings.figures.push_back({all[i].name + ": drained in", cost->seconds, "s", {}});
    findings.figures.push_back(
        {all[i].name + ": the relays' peak memory", cost->mebibytes, "MiB", {}});
  }
  return findings;
}

}  // namespace headwater::bench
