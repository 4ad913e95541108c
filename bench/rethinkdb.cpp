// RethinkDB as a source: what the hook costs the writers, the drain beside bare loops, memory, latency and
// an idle relay.
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bench/follower.h"
#include "bench/measurements.h"
#include "src/json/json.h"
#include "src/sqlite/database.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::bench {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

constexpr int writes_per_second = 100;
constexpr std::int64_t at_once = 200;

Term orders() { return rethinkdb::table("shop", "orders"); }

/// About 200 bytes.
Term order(std::int64_t id) {
  const Term item =
      Term::object({{"sku", "a-" + std::to_string(id % 1'000)}, {"count", 1 + id % 3}});
  return Term::object({{"id", id},
                       {"customer", id % 1'000},
                       {"total", id % 10'000},
                       {"items", Term::array({item, item})},
                       {"note", std::string(80, 'x')}});
}

/// A server with a table, a stream and their configuration.
class RethinkSite {
 public:
  RethinkSite(const Options& options, const std::string& name)
      : program_(options.headwater), folder_(options.folder / name) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    server_.run(Term::call(rethinkdb::admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(orders().then(TermType::wait));
    std::ofstream(config()) << "relay: bench\nsource:\n  rethinkdb: { host: \"" << server_.host()
                            << "\", tables: [shop.orders] }\nstream:\n  embedded: { path: "
                            << stream() << " }\n";
  }
  ~RethinkSite() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RethinkSite(const RethinkSite&) = delete;
  RethinkSite& operator=(const RethinkSite&) = delete;

  [[nodiscard]] bool is_real() const { return server_.is_real(); }
  [[nodiscard]] std::string stream() const { return (folder_ / "events.db").string(); }
  Json run(const Term& term) { return server_.run(term); }

  Result<void> init() const {
    auto ended = bench::run(program_, {"init", "-c", config()}, log());
    if (!ended) return failed(ended);
    return {};
  }
  [[nodiscard]] Result<Process> relay() const {
    return Process::start(program_, {"run", "-c", config()}, log());
  }
  [[nodiscard]] Result<Ended> drain() const {
    return bench::run(program_, {"run", "-c", config(), "--until-current"}, log());
  }
  [[nodiscard]] Result<std::int64_t> events() const {
    auto database = sqlite::Database::open(stream(), sqlite::Open::read_only, Origin::stream);
    if (!database) return failed(database);
    return database->integer("SELECT count(*) FROM event");
  }
  void fill(std::int64_t first, std::int64_t count, const char* durability) {
    for (std::int64_t id = first; id < first + count; id += at_once) {
      std::vector<Term> batch;
      for (std::int64_t each = id; each < std::min(id + at_once, first + count); ++each) {
        batch.push_back(order(each));
      }
      run(orders().then(TermType::insert, {Term::array(batch)}, {{"durability", durability}}));
    }
  }
  void update(std::int64_t id) {
    run(orders()
            .then(TermType::get, {id})
            .then(TermType::update, {Term::object({{"total", 1 + id}, {"changed", id}})}));
  }

 private:
  [[nodiscard]] std::string config() const { return (folder_ / "headwater.yaml").string(); }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "headwater.log"; }

  std::filesystem::path program_;
  std::filesystem::path folder_;
  rig::RethinkServer server_;
};

struct Rates {
  double batches = 0;  ///< Documents a second.
  double singles = 0;
};

Rates write_rates(RethinkSite& site, std::int64_t first, std::int64_t count) {
  SteadyTime start = now();
  site.fill(first, count, "hard");
  const double batches = static_cast<double>(count) / seconds_since(start);
  const std::int64_t singles = count / 20;
  start = now();
  for (std::int64_t id = first; id < first + singles; ++id) site.update(id);
  return {.batches = batches, .singles = static_cast<double>(singles) / seconds_since(start)};
}

/// The tables are written in turn, so that whatever else the machine does meets both.
Result<void> writers(const Options& options, Findings& findings) {
  const std::int64_t count = options.quick ? 400 : 20'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  RethinkSite plain(options, "rethinkdb-plain");
  RethinkSite hooked(options, "rethinkdb-hooked");
  if (auto done = hooked.init(); !done) return done;
  std::vector<double> batches;
  std::vector<double> singles;
  for (int i = 0; i < runs; ++i) {
    progress("rethinkdb: writers, run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    const Rates without = write_rates(plain, i * count, count);
    const Rates with = write_rates(hooked, i * count, count);
    batches.push_back(with.batches / without.batches);
    singles.push_back(with.singles / without.singles);
  }
  findings.figures.push_back({"inserts of 200 documents: with the hook / without", median(batches),
                              "x", Bound{Bound::Kind::at_least, 0.2}});
  findings.figures.push_back({"single updates: with the hook / without", median(singles), "x",
                              Bound{Bound::Kind::at_least, 0.25}});
  return {};
}

/// Reads the index as the relay does, and does nothing with it. `takes`: removes it from the journals.
void read_bare(RethinkSite& site, bool takes) {
  constexpr std::int64_t page_size = 250;
  const Term note = rethinkdb::var(4);
  const Term later = note["n"].then(TermType::gt, {rethinkdb::var(3)["_hw"]["n"]});
  const Term log = Term::call(
      TermType::literal,
      {rethinkdb::var(2)["_hw"]["log"].then(TermType::filter, {rethinkdb::func({4}, later)})});
  const Term pruned = rethinkdb::var(2).then(
      TermType::merge, {Term::object({{"_hw", Term::object({{"log", log}})}})});
  const Term table = rethinkdb::table("shop", "orders", {{"read_mode", "majority"}});
  Term low = Term::array({"p", rethinkdb::minval()});
  for (;;) {
    const Json page =
        site.run(table
                     .then(TermType::between, {low, Term::array({"p", rethinkdb::maxval()})},
                           {{"index", "_hw"}, {"left_bound", "open"}})
                     .then(TermType::order_by, {}, {{"index", "_hw"}})
                     .then(TermType::limit, {page_size}));
    std::vector<Term> taken;
    for (const Json& each : page.elements()) {
      const Term number = Term::value(each["_hw"]["n"].dump());
      const Term key = Term::value(each["id"].dump());
      taken.push_back(Term::object({{"id", key}, {"_hw", Term::object({{"n", number}})}}));
      low = Term::array({"p", Term::value(each["_hw"]["log"][0]["n"].dump()), key});
    }
    if (takes && !taken.empty()) {
      site.run(orders().then(TermType::insert, {Term::array(taken)},
                             {{"conflict", rethinkdb::func({1, 2, 3}, pruned)}}));
    }
    if (page.size() < page_size) return;
  }
}

Result<void> drain(const Options& options, Findings& findings) {
  const std::int64_t count = options.quick ? 1'000 : 50'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  std::vector<double> headwater;
  std::vector<double> reading;
  std::vector<double> taking;
  double peak_mebibytes = 0;
  for (int i = 0; i < runs; ++i) {
    progress("rethinkdb: drain, run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    RethinkSite site(options, "rethinkdb-drain");
    RethinkSite bare(options, "rethinkdb-bare");
    for (RethinkSite* each : {&site, &bare}) {
      if (auto done = each->init(); !done) return done;
      each->fill(0, count, "soft");
      each->run(orders().then(TermType::sync));
    }
    SteadyTime start = now();
    auto ended = site.drain();
    if (!ended) return failed(ended);
    headwater.push_back(seconds_since(start));
    peak_mebibytes = std::max(peak_mebibytes, ended->peak_mebibytes);
    auto events = site.events();
    if (!events) return failed(events);
    if (*events != count) {
      return fail(bench_error("expected " + std::to_string(count) + " events, found " +
                              std::to_string(*events)));
    }
    start = now();
    read_bare(bare, false);
    reading.push_back(seconds_since(start));
    start = now();
    read_bare(bare, true);
    taking.push_back(seconds_since(start));
  }
  const auto documents = static_cast<double>(count);
  const std::string what = number(documents) + " documents: ";
  findings.figures.push_back({what + "headwater", documents / median(headwater), "1/s", {}});
  findings.figures.push_back(
      {what + "bare loop that reads", documents / median(reading), "1/s", {}});
  findings.figures.push_back(
      {what + "bare loop that reads and takes", documents / median(taking), "1/s", {}});
  findings.figures.push_back(
      {what + "headwater / reads", median_ratio(reading, headwater), "x", {}});
  findings.figures.push_back({what + "headwater / reads and takes", median_ratio(taking, headwater),
                              "x", Bound{Bound::Kind::at_least, 0.5}});
  findings.figures.push_back(
      {what + "peak memory", peak_mebibytes, "MiB", Bound{Bound::Kind::below, 64}});
  return {};
}

Result<void> latency_and_idle(const Options& options, Findings& findings) {
  const std::int64_t count = std::int64_t{options.quick ? 3 : 20} * writes_per_second;
  RethinkSite site(options, "rethinkdb-latency");
  if (auto done = site.init(); !done) return done;
  auto relay = site.relay();
  if (!relay) return failed(relay);
  auto follower = Follower::at_end_of(site.stream());
  if (!follower) return failed(follower);
  progress("rethinkdb: writes at a steady rate");
  auto writer = std::async(std::launch::async, [&] {
    std::vector<SteadyTime> written;
    const SteadyTime start = now();
    for (std::int64_t i = 0; i < count; ++i) {
      std::this_thread::sleep_until(due(start, i, writes_per_second));
      site.run(orders().then(TermType::insert, {order(i + 1)}));
      written.push_back(now());
    }
    return written;
  });
  auto arrivals = follower->take(static_cast<std::size_t>(count));
  const auto written = writer.get();
  if (!arrivals) return failed(arrivals);
  // The first second warms up.
  auto spans = spans_from(written, *arrivals, writes_per_second);
  if (!spans) return failed(spans);
  progress("rethinkdb: watching the idle relay");
  auto idle = processor_share(*relay, std::chrono::seconds(options.quick ? 3 : 20));
  if (!idle) return failed(idle);
  if (auto ended = relay->stop(); !ended) return failed(ended);
  findings.figures.push_back({"written to readable, p50", percentile(*spans, 50), "ms", {}});
  findings.figures.push_back({"written to readable, p99", percentile(*spans, 99), "ms", {}});
  findings.figures.push_back(
      {"idle: processor time", *idle, "% of a core", Bound{Bound::Kind::below, 1}});
  return {};
}

}  // namespace

Result<Findings> measure_rethinkdb(const Options& options) {
  Findings findings{"rethinkdb", "", {}};
  findings.about = rig::real_rethinkdb() ? "RethinkDB on the same cores"
                                         : "the tests' stand-in, so the figures mean nothing";
  if (auto done = writers(options, findings); !done) return failed(done);
  if (auto done = drain(options, findings); !done) return failed(done);
  if (auto done = latency_and_idle(options, findings); !done) return failed(done);
  return findings;
}

}  // namespace headwater::bench
