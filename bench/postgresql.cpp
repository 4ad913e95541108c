// PostgreSQL as a source, beside pg_recvlogical, which writes the same messages to a file as they come.
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "bench/follower.h"
#include "bench/measurements.h"
#include "src/sqlite/database.h"
#include "testing/postgresql/postgres_server.h"
#include "testing/postgresql/postgres_shell.h"

namespace headwater::bench {
namespace {

constexpr int commits_per_second = 500;

/// As it is installed: it syncs.
std::vector<std::string> settings() {
  return {"wal_level=logical",         "fsync=on",           "synchronous_commit=on",
          "full_page_writes=on",       "max_wal_size=4GB",   "max_wal_senders=30",
          "max_replication_slots=100", "max_connections=50", "autovacuum=off"};
}

/// A server with a table. Each reader has a slot of its own, which is used once.
class PgSite {
 public:
  PgSite(const Options& options, const std::string& name)
      : program_(options.headwater), folder_(options.folder / name), server_(settings()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    rig::PostgresShell(address()).sure(
        "CREATE TABLE orders(id int PRIMARY KEY, customer int, amount float8, status text, "
        "note text)");
  }
  ~PgSite() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PgSite(const PgSite&) = delete;
  PgSite& operator=(const PgSite&) = delete;

  [[nodiscard]] std::string address() const { return server_.address(); }
  [[nodiscard]] std::string version() const { return server_.version(); }
  [[nodiscard]] std::string stream(int i) const { return (folder_ / name(i)).string() + ".db"; }

  /// Makes slot, stream and configuration `i`, and a slot for pg_recvlogical.
  Result<void> init(int i) const {
    std::ofstream(config(i)) << "relay: bench\nsource:\n  postgresql: { uri: \"" << address()
                             << "\", tables: [orders], slot: " << name(i)
                             << " }\nstream:\n  embedded: { path: " << stream(i) << " }\n";
    auto ended = bench::run(program_, {"init", "-c", config(i)}, log());
    if (!ended) return failed(ended);
    rig::PostgresShell(address()).sure("SELECT pg_create_logical_replication_slot($1, 'pgoutput')",
                                       {"bare_" + name(i)});
    return {};
  }
  [[nodiscard]] Result<Process> run(int i) const {
    return Process::start(program_, {"run", "-c", config(i)}, log());
  }
  [[nodiscard]] Result<Ended> drain(int i) const {
    return bench::run(program_, {"run", "-c", config(i), "--until-current"}, log());
  }
  /// Everything until now.
  [[nodiscard]] Result<Ended> drain_bare(int i) const {
    const std::string end =
        rig::PostgresShell(address()).sure("SELECT pg_current_wal_insert_lsn()")[0][0];
    const auto file = folder_ / "messages";
    auto ended = bench::run(rig::postgres_programs() / "pg_recvlogical",
                            {"--dbname", address(), "--slot", "bare_" + name(i), "--start",
                             "--no-loop", "--endpos", end, "-o", "proto_version=1", "-o",
                             "publication_names=" + name(i), "--file", file.string()},
                            log());
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return ended;
  }
  [[nodiscard]] Result<std::int64_t> events(int i) const {
    auto database = sqlite::Database::open(stream(i), sqlite::Open::read_only, Origin::stream);
    if (!database) return failed(database);
    return database->integer("SELECT count(*) FROM event");
  }

 private:
  [[nodiscard]] static std::string name(int i) { return "reader_" + std::to_string(i); }
  [[nodiscard]] std::string config(int i) const { return (folder_ / name(i)).string() + ".yaml"; }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "headwater.log"; }

  std::filesystem::path program_;
  std::filesystem::path folder_;
  rig::PostgresServer server_;
};

/// Rows of some 190 bytes.
std::string rows(const std::string& id) {
  return id + ", " + id + " % 1000, " + id + " / 4.0, 'placed', md5(" + id +
         "::text) || md5('a' || " + id + ") || md5('b' || " + id + ") || md5('c' || " + id +
         ") || md5('d' || " + id + ")";
}

struct Backlog {
  std::string name;
  std::int64_t rows;
  std::string statement;
};

Backlog one_transaction(std::int64_t count) {
  return {.name = "one transaction",
          .rows = count,
          .statement = "INSERT INTO orders SELECT " + rows("i") + " FROM generate_series(1, " +
                       std::to_string(count) + ") AS n(i)"};
}

Backlog single_rows(std::int64_t count) {
  return {.name = "single-row transactions",
          .rows = count,
          .statement = "DO $$ BEGIN SET synchronous_commit = off; FOR i IN 1.." +
                       std::to_string(count) + " LOOP INSERT INTO orders SELECT " + rows("i") +
                       "; COMMIT; END LOOP; END $$"};
}

/// Makes `readers` configurations, and then the backlog that each of them has to read.
Result<void> fill(const PgSite& site, const Backlog& backlog, int readers) {
  for (int i = 0; i < readers; ++i) {
    if (auto done = site.init(i); !done) return done;
  }
  progress("postgresql: filling, " + backlog.name);
  rig::PostgresShell(site.address()).sure(backlog.statement);
  rig::PostgresShell(site.address()).sure("CHECKPOINT");
  return {};
}

struct Drained {
  double seconds = 0;
  double peak_mebibytes = 0;
};

/// Reads the whole backlog, and counts what has come of it.
Result<Drained> drained(const PgSite& site, int reader, const Backlog& backlog) {
  const SteadyTime start = now();
  auto ended = site.drain(reader);
  if (!ended) return failed(ended);
  const Drained drained{.seconds = seconds_since(start), .peak_mebibytes = ended->peak_mebibytes};
  auto events = site.events(reader);
  if (!events) return failed(events);
  if (*events == backlog.rows) return drained;
  return fail(bench_error("expected " + std::to_string(backlog.rows) + " events, found " +
                          std::to_string(*events)));
}

Result<void> memory(const Options& options, const Backlog& backlog, Findings& findings) {
  const PgSite site(options, "postgresql-memory");
  if (auto done = fill(site, backlog, 1); !done) return done;
  progress("postgresql: memory, " + backlog.name);
  auto ended = drained(site, 0, backlog);
  if (!ended) return failed(ended);
  const std::string what = number(static_cast<double>(backlog.rows)) + " rows, " + backlog.name;
  findings.figures.push_back(
      {what + ": peak memory", ended->peak_mebibytes, "MiB", Bound{Bound::Kind::below, 64}});
  return {};
}

Result<void> drain(const Options& options, const Backlog& backlog, Findings& findings) {
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  const PgSite site(options, "postgresql-drain");
  if (auto done = fill(site, backlog, runs); !done) return done;
  std::vector<double> headwater;
  std::vector<double> bare;
  for (int i = 0; i < runs; ++i) {
    progress("postgresql: " + backlog.name + ", run " + std::to_string(i + 1) + " of " +
             std::to_string(runs));
    auto ended = drained(site, i, backlog);
    if (!ended) return failed(ended);
    headwater.push_back(ended->seconds);
    const SteadyTime start = now();
    if (auto done = site.drain_bare(i); !done) return failed(done);
    bare.push_back(seconds_since(start));
  }
  const auto count = static_cast<double>(backlog.rows);
  const std::string what = number(count) + " rows, " + backlog.name + ": ";
  findings.about =
      site.version() + "; drains interleaved with pg_recvlogical into a file, " + runs_text(runs);
  findings.figures.push_back({what + "headwater", count / median(headwater), "rows/s", {}});
  findings.figures.push_back({what + "pg_recvlogical", count / median(bare), "rows/s", {}});
  findings.figures.push_back({what + "headwater / pg_recvlogical", median_ratio(bare, headwater),
                              "x", Bound{Bound::Kind::at_least, 0.9}});
  return {};
}

/// Inserts the rows 1 to `count` on a schedule. Returns when each COMMIT returned.
std::vector<SteadyTime> insert_by_the_clock(const std::string& address, std::int64_t count) {
  rig::PostgresShell shell(address);
  std::vector<SteadyTime> committed;
  const std::string statement = "INSERT INTO orders SELECT " + rows("$1::int");
  const SteadyTime start = now();
  for (std::int64_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(due(start, i, commits_per_second));
    shell.sure(statement, {std::to_string(i + 1)});
    committed.push_back(now());
  }
  return committed;
}

Result<void> latency_and_idle(const Options& options, Findings& findings) {
  const std::int64_t count = std::int64_t{options.quick ? 3 : 20} * commits_per_second;
  const std::chrono::seconds span(options.quick ? 3 : 20);
  const PgSite site(options, "postgresql-latency");
  if (auto done = site.init(0); !done) return done;
  rig::PostgresShell(site.address()).sure("SELECT pg_drop_replication_slot('bare_reader_0')");
  auto relay = site.run(0);
  if (!relay) return failed(relay);
  auto follower = Follower::at_end_of(site.stream(0));
  if (!follower) return failed(follower);
  progress("postgresql: commits at a steady rate");
  auto writer =
      std::async(std::launch::async, [&] { return insert_by_the_clock(site.address(), count); });
  auto arrivals = follower->take(static_cast<std::size_t>(count));
  const auto committed = writer.get();
  if (!arrivals) return failed(arrivals);
  // The first second warms up.
  auto spans = spans_from(committed, *arrivals, commits_per_second);
  if (!spans) return failed(spans);
  const double seconds = milliseconds(committed.front(), committed.back()) / 1'000;
  progress("postgresql: watching the idle relay");
  auto idle = processor_share(*relay, span);
  if (!idle) return failed(idle);
  if (auto ended = relay->stop(); !ended) return failed(ended);
  const auto below = [](double value) { return Bound{Bound::Kind::below, value}; };
  findings.figures.push_back(
      {"commits that the server allowed", static_cast<double>(count) / seconds, "1/s", {}});
  findings.figures.push_back({"commit to readable, p50", percentile(*spans, 50), "ms", below(3)});
  findings.figures.push_back({"commit to readable, p99", percentile(*spans, 99), "ms", below(15)});
  findings.figures.push_back({"idle: processor time", *idle, "% of a core", below(1)});
  return {};
}

}  // namespace

Result<Findings> measure_postgresql(const Options& options) {
  Findings findings{"postgresql", "", {}};
  for (const Backlog& backlog : {one_transaction(options.quick ? 6'000 : 600'000),
                                 single_rows(options.quick ? 1'000 : 300'000)}) {
    if (auto done = drain(options, backlog, findings); !done) return failed(done);
  }
  const Backlog largest = one_transaction(options.quick ? 6'000 : 1'000'000);
  if (auto done = memory(options, largest, findings); !done) return failed(done);
  if (auto done = latency_and_idle(options, findings); !done) return failed(done);
  return findings;
}

}  // namespace headwater::bench
