#include "src/sources/sqlite/feed/feed_rig.h"

#include <cstdlib>

#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

constexpr const char* schema = R"(
  CREATE TABLE _headwater_meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO _headwater_meta VALUES('version', 1), ('uuid', '11111111-2222-3333-4444-555555555555');
  CREATE TABLE _headwater_shapes(shape INTEGER PRIMARY KEY, "table" TEXT, columns TEXT, key TEXT);
  INSERT INTO _headwater_shapes VALUES(1, 'item', '["k","v"]', '["k"]'),
    (2, 'word', '["w","n","v"]', '["w","n"]');
  CREATE TABLE _headwater_log(seq INTEGER PRIMARY KEY, shape INTEGER, op INTEGER, time INTEGER,
    v0, v1, v2, v3, v4, v5);
  CREATE TABLE _headwater_relays(name TEXT PRIMARY KEY, start INTEGER, first_task INTEGER,
    confirmed INTEGER);
  CREATE TABLE _headwater_snapshots(task INTEGER PRIMARY KEY, shape INTEGER, at INTEGER,
    time INTEGER, relay TEXT, reason TEXT);
  CREATE TRIGGER _headwater_guard BEFORE DELETE ON _headwater_log
    WHEN old.seq = (SELECT max(seq) FROM _headwater_log)
    BEGIN SELECT RAISE(ABORT, 'the newest row stays'); END;
  CREATE TABLE item(k INTEGER PRIMARY KEY, v);
  CREATE TABLE word(w TEXT COLLATE NOCASE, n INTEGER, v, PRIMARY KEY (w, n)) WITHOUT ROWID;
)";

constexpr const char* now = "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)";

std::string trigger(const std::string& table, const std::string& event, int shape, int op,
                    const std::string& values, int count, const std::string& when = "") {
  std::string columns;
  for (int i = 0; i < count; ++i) columns += ", v" + std::to_string(i);
  return "CREATE TRIGGER _headwater_" + table + std::to_string(op) + event.substr(0, 1) +
         " AFTER " + event + " ON " + table + " " + when +
         " BEGIN INSERT INTO _headwater_log(shape, op, time" + columns + ") VALUES(" +
         std::to_string(shape) + ", " + std::to_string(op) + ", " + now + ", " + values + "); END;";
}

std::string triggers() {
  return trigger("item", "INSERT", 1, 1, "new.k, new.v", 2) +
         trigger("item", "UPDATE", 1, 2, "old.k, old.v, new.k, new.v", 4) +
         trigger("item", "DELETE", 1, 3, "old.k, old.v", 2) +
         trigger("word", "INSERT", 2, 1, "new.w, new.n, new.v", 3) +
         trigger("word", "UPDATE", 2, 2, "old.w, old.n, old.v, new.w, new.n, new.v", 6) +
         trigger("word", "DELETE", 2, 3, "old.w, old.n, old.v", 3);
}

}  // namespace

FeedRig::FeedRig(const std::string& journal_mode) {
  std::string folder = (std::filesystem::temp_directory_path() / "headwater-feed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  folder_ = folder;
  writer_.emplace(must(Database::open(path(), Open::create, Origin::source)));
  run("PRAGMA journal_mode = " + journal_mode);
  run("PRAGMA synchronous = OFF");
  run(schema + triggers());
}

FeedRig::~FeedRig() {
  writer_.reset();
  std::filesystem::remove_all(folder_);
}

void FeedRig::run(const std::string& sql) { must(writer_->execute(sql)); }

std::int64_t FeedRig::number(const std::string& sql) { return must(writer_->integer(sql)); }

Database FeedRig::connect() {
  auto database = must(Database::open(path(), Open::read_write, Origin::source));
  must(database.execute("PRAGMA synchronous = OFF"));
  return database;
}

void FeedRig::add_relay(const std::string& name, bool snapshot) {
  const std::string head = "(SELECT coalesce(max(seq), 0) FROM _headwater_log)";
  const std::string next = "(SELECT coalesce(max(task), 0) + 1 FROM _headwater_snapshots)";
  std::string sql = "BEGIN IMMEDIATE; INSERT INTO _headwater_relays VALUES(" + quote_text(name) +
                    ", " + head + ", " + next + ", " + head + ");";
  for (const char* shape : {"1", "2"}) {
    if (!snapshot) continue;
    sql += std::string("INSERT INTO _headwater_snapshots(shape, at, time, relay) VALUES(") + shape +
           ", " + head + ", " + now + ", " + quote_text(name) + ");";
  }
  run(sql + "COMMIT");
}

LogSourceOptions FeedRig::options(const std::string& relay) const {
  LogSourceOptions options;
  options.path = path();
  options.scope.relay = relay;
  options.scope.database = "shop";
  options.scope.max_change = std::uint64_t{100} << 20U;
  options.heal = [](Database&) -> Result<void> { return {}; };
  return options;
}

std::unique_ptr<LogSource> FeedRig::source(const std::string& relay) {
  return source(options(relay));
}

std::unique_ptr<LogSource> FeedRig::source(LogSourceOptions options) {
  return must(LogSource::connect(std::move(options), clock_));
}

std::vector<Change> read_all(Source& source, ReadLimits limits, Position* position) {
  std::vector<Change> all;
  for (;;) {
    auto batch = must(source.read(limits, Milliseconds(0), {}));
    const bool done = batch.changes.empty() && batch.backlog == 0;
    for (auto& change : batch.changes) all.push_back(std::move(change));
    if (position != nullptr) *position = batch.position;
    if (done) return all;
  }
}

std::string brief(const Change& change) {
  static constexpr const char* names[] = {"insert", "update", "remove", "read", "drop", "gap"};
  std::string text = names[static_cast<int>(change.op)];
  text.append(" ").append(change.table);
  if (change.key.columns != nullptr) text.append(" ").append(key_text(change.key.values));
  if (change.after) text.append(" ").append(key_text(change.after->values));
  return text;
}

}  // namespace headwater::sqlite
