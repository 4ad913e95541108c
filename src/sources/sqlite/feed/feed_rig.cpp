#include "src/sources/sqlite/feed/feed_rig.h"

#include <cstdlib>
#include <map>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/feed/key_text.h"
#include "testing/rig/retried.h"

namespace headwater::sqlite {
namespace {

constexpr const char* schema =
    "CREATE TABLE item(k INTEGER PRIMARY KEY, v);"
    "CREATE TABLE word(w TEXT COLLATE NOCASE, n INTEGER, v, PRIMARY KEY (w, n)) WITHOUT ROWID";

}  // namespace

FeedRig::FeedRig(const std::string& journal_mode) {
  std::string folder = (std::filesystem::temp_directory_path() / "headwater-feed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  folder_ = folder;
  writer_.emplace(must(Database::open(path(), Open::create, Origin::source)));
  run("PRAGMA journal_mode = " + journal_mode);
  run("PRAGMA synchronous = OFF");
  run(schema);
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

void FeedRig::add_relay(const std::string& name, bool snapshot,
                        std::optional<std::vector<std::string>> tables) {
  (void)must(prepare(*writer_, {.relay = name, .tables = std::move(tables), .snapshot = snapshot}));
}

LogSourceOptions FeedRig::options(const std::string& relay) const {
  LogSourceOptions options;
  options.path = path();
  options.scope.relay = relay;
  options.scope.database = "shop";
  options.scope.max_change = std::uint64_t{100} << 20U;
  return options;
}

std::unique_ptr<LogSource> FeedRig::source(const std::string& relay) {
  return source(options(relay));
}

std::unique_ptr<LogSource> FeedRig::source(const LogSourceOptions& options) {
  return must(rig::retried([&] { return LogSource::connect(options, clock_); }));
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
  const std::map<Op, std::string> names{{Op::insert, "insert"}, {Op::update, "update"},
                                        {Op::remove, "remove"}, {Op::read, "read"},
                                        {Op::drop, "drop"},     {Op::gap, "gap"}};
  std::string text = names.at(change.op);
  text.append(" ").append(change.table);
  if (change.key) text.append(" ").append(key_text(values_of(change.key)));
  if (change.after) text.append(" ").append(key_text(values_of(change.after)));
  return text;
}

std::vector<std::string> briefs(const std::vector<Change>& changes) {
  std::vector<std::string> result;
  result.reserve(changes.size());
  for (const auto& change : changes) result.push_back(brief(change));
  return result;
}

Durable durable(const Position& position) {
  return Durable::confirmed_by_stream({.sequence = 1, .position = position, .source = "s"});
}

}  // namespace headwater::sqlite
