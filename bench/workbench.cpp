#include "bench/workbench.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

namespace headwater::bench {
namespace {

/// Varied text, in case the disk compresses pages.
std::string note(std::int64_t i) {
  std::string text;
  text.reserve(160);
  auto state = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15U + 1;
  while (text.size() < 160) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    text.push_back(static_cast<char>('a' + state % 26));
  }
  return text;
}

Result<void> copy_file(const std::string& from, const std::string& to) {
  std::error_code error;
  for (const char* side : {"-wal", "-shm", "-journal"}) std::filesystem::remove(to + side, error);
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return fail(bench_error("cannot copy " + from + ": " + error.message()));
  return {};
}

}  // namespace

void progress(const std::string& what) {
  if (isatty(STDERR_FILENO) != 0) {
    std::cerr << "\r\033[K" << what << std::flush;
  } else {
    std::cerr << what << '\n';
  }
}

SteadyTime now() { return SystemClock().steady(); }

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(now() - start).count();
}

Result<double> processor_share(const Process& child, std::chrono::seconds span) {
  auto before = child.processor_seconds();
  if (!before) return before;
  const SteadyTime start = now();
  std::this_thread::sleep_for(span);  // the time that is measured
  auto after = child.processor_seconds();
  if (!after) return after;
  return (*after - *before) / seconds_since(start) * 100;
}

Result<Site> Site::create(const Options& options, const std::string& name) {
  const auto folder = options.folder / name;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(folder, error);
  if (error) return fail(bench_error("cannot make " + folder.string() + ": " + error.message()));
  Site site(options.headwater, folder);
  std::ofstream(site.config())
      << "relay: bench\n"
         "source:\n"
         "  sqlite: { path: source.db, tables: [orders], snapshot: never }\n"
         "stream:\n"
         "  embedded: { path: events.db }\n";
  return site;
}

Site::~Site() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> Site::create_table() const {
  auto database = sqlite::Database::open(source(), sqlite::Open::create, Origin::source);
  if (!database) return failed(database);
  return database->execute(
      "PRAGMA journal_mode=WAL;"
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER, amount REAL, status TEXT,"
      "  note TEXT)");
}

Result<void> Site::init() const {
  auto ended = bench::run(program_, {"init", "-c", config()}, log());
  if (!ended) return failed(ended);
  return {};
}

Result<Process> Site::run() const {
  return Process::start(program_, {"run", "-c", config()}, log());
}

Result<Ended> Site::drain() const {
  return bench::run(program_, {"run", "-c", config(), "--until-current"}, log());
}

Result<void> Site::copy_from(const Site& other) const {
  if (auto done = copy_file(other.source(), source()); !done) return done;
  if (auto done = copy_file(other.stream(), stream()); !done) return done;
  // Otherwise the system would write the copies to disk during the next measurement.
  sync();
  return {};
}

Result<sqlite::Database> open_writer(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_write, Origin::source);
  if (!database) return database;
  if (auto done = database->execute("PRAGMA synchronous=FULL"); !done) {
    return failed(done);
  }
  return database;
}

Load::Load(sqlite::Statement insert, sqlite::Statement update, sqlite::Statement remove)
    : insert_(std::move(insert)), update_(std::move(update)), remove_(std::move(remove)) {}

Result<Load> Load::on(sqlite::Database& database) {
  auto insert = database.prepare("INSERT INTO orders VALUES (?, ?, ?, 'placed', ?)");
  if (!insert) return failed(insert);
  auto update =
      database.prepare("UPDATE orders SET amount = amount + 1, status = 'paid' WHERE id = ?");
  if (!update) return failed(update);
  auto remove = database.prepare("DELETE FROM orders WHERE id = ?");
  if (!remove) return failed(remove);
  return Load(std::move(*insert), std::move(*update), std::move(*remove));
}

Result<void> Load::insert(std::int64_t id) {
  const std::string text = note(id);
  insert_.bind(0, id)
      .bind(1, id % 1000)
      .bind_real(2, static_cast<double>(id) / 4)
      .bind_text(3, text);
  return insert_.run();
}

Result<void> Load::change(std::int64_t i) {
  // Round c inserts the rows 6c+1 to 6c+6, updates the first three and deletes the last one.
  const std::int64_t base = i / 10 * 6;
  const std::int64_t step = i % 10;
  if (step < 6) return insert(base + step + 1);
  auto& statement = step < 9 ? update_ : remove_;
  statement.bind(0, step < 9 ? base + step - 5 : base + 6);
  return statement.run();
}

Result<void> fill(const std::string& path, std::int64_t changes, std::int64_t batch) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_write, Origin::source);
  if (!database) return failed(database);
  if (auto done = database->execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-4000"); !done)
    return done;
  auto load = Load::on(*database);
  if (!load) return failed(load);
  std::int64_t next_report = 0;
  for (std::int64_t next = 0; next < changes;) {
    if (next >= next_report) {
      progress("filling: " + number(static_cast<double>(next)) + " of " +
               number(static_cast<double>(changes)) + " changes");
      next_report += changes / 20;
    }
    const std::int64_t end = std::min(changes, next + batch);
    auto done = database->transaction("IMMEDIATE", [&]() -> Result<void> {
      for (; next < end; ++next) {
        if (auto made = load->change(next); !made) return made;
      }
      return {};
    });
    if (!done) return done;
  }
  return database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace headwater::bench
