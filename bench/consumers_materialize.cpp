// `headwater materialize` into SQLite, against a bare loop of the same upserts.
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/consumers.h"
#include "bench/measurements.h"
#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"

namespace headwater::bench {
namespace {

constexpr std::int64_t in_a_transaction = 1'000;

/// Rows of four columns, of which some 200 bytes are text.
struct Row {
  std::int64_t id;
  std::int64_t cents;
  std::string note;
};

/// Event number i is about row `id`.
Row row_of(std::int64_t i, std::int64_t id) {
  std::string note(160, 'a');
  for (std::size_t at = 0; at < note.size(); ++at) {
    note[at] = static_cast<char>('a' + (at * 31 + static_cast<std::size_t>(i) * 7) % 26);
  }
  return {.id = id, .cents = i % 100'000, .note = std::move(note)};
}

/// A workload: of `events` events, the row of each.
struct Work {
  std::string name;
  std::int64_t events;
  std::int64_t rows;  ///< 0: each event is about a new row.

  [[nodiscard]] Row row(std::int64_t i) const {
    return row_of(i, rows == 0 ? i : (i * 7'919) % rows);
  }
};

Event event_of(const Row& row, std::int64_t i) {
  const std::string id = std::to_string(row.id);
  return {.id = "5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d:" + std::to_string(i),
          .source = "sqlite:5f0c1c0e-7d9b-4a53-9a1e-0d4f6a1b2c3d",
          .type = EventType("shop", std::string("orders"), "insert"),
          .subject = id,
          .partition_key = "orders/" + id,
          .time = WallTime(Milliseconds(1'700'000'000'000 + i)),
          .data = R"({"op":"insert","key":{"id":)" + id + R"(},"before":null,"after":{"id":)" + id +
                  R"(,"cents":)" + std::to_string(row.cents) + R"(,"state":"placed","note":")" +
                  row.note + "\"}}"};
}

Result<void> prepare(const std::filesystem::path& folder, const Work& work) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "headwater.yaml")
      << "relay: bench\n"
         "source: { sqlite: { path: source.db, tables: all } }\n"
         "stream: { embedded: { path: events.db } }\n"
         "materialize: { into: { sqlite: { path: copy.db } } }\n";
  const SystemClock clock;
  const auto stream = embedded::make_stream({.path = (folder / "events.db").string()}, clock);
  if (auto prepared = stream->prepare("bench"); !prepared) return failed(prepared);
  auto writer = stream->writer("bench");
  if (!writer) return failed(writer);
  Tail tail;
  for (std::int64_t i = 0; i < work.events;) {
    std::vector<Event> events;
    for (std::int64_t end = std::min(i + append_size, work.events); i < end; ++i) {
      events.push_back(event_of(work.row(i), i));
    }
    auto appended = (*writer)->append(tail, events, {std::to_string(i)}, events.front().source);
    if (!appended) return failed(appended);
    tail = appended->tail();
  }
  return {};
}

Result<double> by_materialize(const Options& options, const std::filesystem::path& folder) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove((folder / "copy.db").string() + suffix);
  }
  const SteadyTime start = now();
  auto ended =
      run(options.headwater, {"materialize", "-c", (folder / "headwater.yaml").string(), "--once"},
          folder / "materialize.log");
  if (!ended) return failed(ended);
  return seconds_since(start);
}

/// The rows are in memory already, and the loop keeps no place.
Result<double> by_loop(const std::filesystem::path& folder, const std::vector<Row>& rows) {
  const std::string path = (folder / "bare.db").string();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  const SteadyTime start = now();
  auto database = sqlite::Database::open(path, sqlite::Open::create, Origin::usage);
  if (!database) return failed(database);
  auto made = database->execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
      "CREATE TABLE orders(id PRIMARY KEY, cents, state, note) WITHOUT ROWID");
  if (!made) return failed(made);
  auto upsert = database->prepare(
      "INSERT INTO orders VALUES(?1, ?2, 'placed', ?3) ON CONFLICT(id) DO UPDATE SET cents = "
      "excluded.cents, state = excluded.state, note = excluded.note");
  if (!upsert) return failed(upsert);
  for (std::size_t i = 0; i < rows.size();) {
    auto done = database->transaction("IMMEDIATE", [&]() -> Result<void> {
      for (std::int64_t n = 0; n < in_a_transaction && i < rows.size(); ++n, ++i) {
        auto put =
            upsert->bind(0, rows[i].id).bind(1, rows[i].cents).bind_text(2, rows[i].note).run();
        if (!put) return put;
      }
      return {};
    });
    if (!done) return failed(done);
  }
  return seconds_since(start);
}

Result<std::vector<Figure>> compare(const Options& options, const Work& work, int runs) {
  const auto folder = options.folder / "materialize";
  progress("materialize: filling the stream");
  if (auto ready = prepare(folder, work); !ready) return failed(ready);
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < work.events; ++i) rows.push_back(work.row(i));
  std::vector<double> ours;
  std::vector<double> bare;
  for (int i = 0; i < runs; ++i) {
    progress("materialize: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    auto seconds = by_materialize(options, folder);
    if (!seconds) return failed(seconds);
    ours.push_back(*seconds);
    seconds = by_loop(folder, rows);
    if (!seconds) return failed(seconds);
    bare.push_back(*seconds);
  }
  std::filesystem::remove_all(folder);
  return std::vector<Figure>{{work.name + ", materialize",
                              static_cast<double>(work.events) / median(ours),
                              "events/s",
                              {}},
                             {work.name + ", materialize / a bare loop", median_ratio(bare, ours),
                              "x", Bound{Bound::Kind::at_least, 0.7}}};
}

}  // namespace

Result<Findings> measure_materialize(const Options& options) {
  const std::int64_t events = options.quick ? 10'000 : 1'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 3);
  std::vector<Figure> figures;
  for (const Work& work : {Work{"changes of 200,000 rows", events, 200'000},
                           Work{"a new row for each event", events, 0}}) {
    auto found = compare(options, work, runs);
    if (!found) return failed(found);
    figures.insert(figures.end(), found->begin(), found->end());
  }
  return Findings{"consumers-materialize",
                  number(static_cast<double>(events)) +
                      " events into SQLite, against a loop that binds rows which are in memory; "
                      "start to end, interleaved, " +
                      runs_text(runs),
                  std::move(figures)};
}

}  // namespace headwater::bench
