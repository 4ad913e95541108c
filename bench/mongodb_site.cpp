#include "bench/mongodb_site.h"

#include <mongoc/mongoc.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/mongodb/programs.h"

namespace headwater::bench {
namespace {

using rig::Doc;

constexpr const char* collection = "shop.orders";
constexpr std::int64_t batch = 1'000;

Doc order(std::int64_t id, std::size_t bytes) {
  std::string note;
  auto state = static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15U + 1;
  while (note.size() + 100 < bytes) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    note += static_cast<char>('a' + state % 26);
  }
  Doc doc;
  doc.add("_id", id).add("customer", "customer " + std::to_string(id % 1000));
  doc.add("cents", static_cast<std::int32_t>(id % 100'000)).add("note", note);
  return doc;
}

Doc by_id(std::int64_t id) { return std::move(Doc().add("_id", id)); }

/// One command with many statements, as bulk writers send them.
void send(rig::MongoShell& shell, const char* verb, const char* statements,
          const std::vector<Doc>& all, const std::string& into = "orders") {
  if (all.empty()) return;
  Doc command;
  command.add(verb, into).add(statements, all);
  shell.command("shop", command);
}

}  // namespace

MongoSite::MongoSite(std::filesystem::path program, std::filesystem::path folder)
    : program_(std::move(program)), folder_(std::move(folder)) {}

MongoSite::~MongoSite() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<std::unique_ptr<MongoSite>> MongoSite::create(const Options& options,
                                                     const std::string& name, std::uint64_t oplog) {
  const auto folder = options.folder / name;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(folder, error);
  if (error) return fail(bench_error("cannot make " + folder.string() + ": " + error.message()));
  std::unique_ptr<MongoSite> site(new MongoSite(options.headwater, folder));
  site->real_ = rig::real_mongod().has_value();
  site->server_ = std::make_unique<rig::MongoServer>(
      rig::MongoOptions{.kind = site->real_ ? rig::MongoKind::real : rig::MongoKind::secantus,
                        .history = oplog,
                        .survives_kill = false});
  rig::MongoShell(site->uri()).create(collection);
  std::ofstream(site->config()) << "relay: bench\nsource:\n  mongodb:\n    uri: \"" << site->uri()
                                << "\"\n    watch: " << collection
                                << "\n    identity: mongodb:bench\n"
                                   "stream:\n  embedded: { path: events.db }\n";
  return site;
}

void MongoSite::configure(const std::string& yaml) const { std::ofstream(config()) << yaml; }

Result<void> MongoSite::init() const {
  auto ended = bench::run(program_, {"init", "-c", config()}, log());
  if (!ended) return failed(ended);
  start_ = rig::MongoShell(uri()).time();
  return {};
}

Result<void> MongoSite::keep_beginning() const {
  std::error_code error;
  const auto kept = folder_ / "begin.db";
  std::filesystem::copy_file(stream(), kept, std::filesystem::copy_options::overwrite_existing,
                             error);
  if (error) return fail(bench_error("cannot copy the stream: " + error.message()));
  return {};
}

Result<void> MongoSite::rewind() const {
  std::error_code error;
  for (const char* side : {"-wal", "-shm"}) std::filesystem::remove(stream() + side, error);
  std::filesystem::copy_file(folder_ / "begin.db", stream(),
                             std::filesystem::copy_options::overwrite_existing, error);
  if (error) return fail(bench_error("cannot copy the stream: " + error.message()));
  return {};
}

Result<Ended> MongoSite::drain() const {
  return bench::run(program_, {"run", "-c", config(), "--until-current"}, log());
}

Result<SteadyTime> MongoSite::drain_until_readable(std::int64_t last) const {
  auto ended = std::async(std::launch::async, [this] { return drain(); });
  auto database = sqlite::Database::open(stream(), sqlite::Open::read_only, Origin::stream);
  if (!database) return failed(database);
  SteadyTime readable{};
  bool there = false;
  while (!there && ended.wait_for(Milliseconds(10)) == std::future_status::timeout) {
    auto newest = database->integer("SELECT max(sequence) FROM event");
    if (!newest) return failed(newest);
    there = *newest >= last;
    readable = now();
  }
  if (auto well = ended.get(); !well) return failed(well);
  return there ? readable : now();
}

Result<Process> MongoSite::run() const {
  return Process::start(program_, {"run", "-c", config()}, log());
}

void MongoSite::fill_mixed(std::int64_t changes) const {
  rig::MongoShell shell(uri());
  constexpr std::size_t small = 200;
  constexpr std::size_t large = 1'000;
  for (std::int64_t done = 0; done < changes; done += batch) {
    progress("filling: " + number(static_cast<double>(done)) + " changes");
    const std::int64_t count = std::min(batch, changes - done);
    std::vector<Doc> inserts;
    std::vector<Doc> updates;
    std::vector<Doc> removes;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t kind = i % 10;
      const std::int64_t id = done + i;
      if (kind < 6) {
        inserts.push_back(order(id, kind < 3 ? small : large));
      } else if (kind < 9) {
        Doc change;
        change.add("$set", Doc().add("state", "paid").add("at", id));
        updates.push_back(std::move(Doc().add("q", by_id(id - 6)).add("u", change)));
      } else {
        removes.push_back(std::move(Doc().add("q", by_id(id - 4)).add("limit", 1)));
      }
    }
    send(shell, "insert", "documents", inserts);
    send(shell, "update", "updates", updates);
    send(shell, "delete", "deletes", removes);
  }
}

void MongoSite::fill_large(std::int64_t changes) const {
  rig::MongoShell shell(uri());
  for (std::int64_t done = 0; done < changes; done += batch) {
    if (done % (batch * 50) == 0) {
      progress("filling: " + number(static_cast<double>(done)) + " changes");
    }
    std::vector<Doc> inserts;
    for (std::int64_t i = 0; i < std::min(batch, changes - done); ++i) {
      inserts.push_back(order(done + i, 1'000));
    }
    send(shell, "insert", "documents", inserts);
  }
}

void MongoSite::fill_parts(std::int64_t changes, int parts) const {
  rig::MongoShell shell(uri());
  for (std::int64_t done = 0, turn = 0; done < changes; done += batch, ++turn) {
    std::vector<Doc> inserts;
    for (std::int64_t i = 0; i < std::min(batch, changes - done); ++i) {
      Doc document = order(done + i, 1'000);
      document.add("cut", static_cast<std::int32_t>(i % parts));
      inserts.push_back(std::move(document));
    }
    send(shell, "insert", "documents", inserts, "part" + std::to_string(turn % parts));
  }
}

Result<std::int64_t> MongoSite::events() const {
  auto database = sqlite::Database::open(stream(), sqlite::Open::read_only, Origin::stream);
  if (!database) return failed(database);
  return database->integer("SELECT count(*) FROM events");
}

Result<void> read_bare(const std::string& uri, rig::ClusterTime start, std::int64_t changes) {
  mongoc_client_t* client = mongoc_client_new(uri.c_str());
  mongoc_collection_t* orders = mongoc_client_get_collection(client, "shop", "orders");
  Doc options;
  options.add("startAtOperationTime", start);
  const Doc no_stages;
  mongoc_change_stream_t* stream = mongoc_collection_watch(orders, no_stages.get(), options.get());
  std::int64_t seen = 0;
  const bson_t* change = nullptr;
  while (seen < changes && mongoc_change_stream_next(stream, &change)) ++seen;
  mongoc_change_stream_destroy(stream);
  mongoc_collection_destroy(orders);
  mongoc_client_destroy(client);
  if (seen == changes) return {};
  return fail(bench_error("the bare loop saw " + std::to_string(seen) + " changes"));
}

}  // namespace headwater::bench
