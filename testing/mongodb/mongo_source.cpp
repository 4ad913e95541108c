#include "testing/mongodb/mongo_source.h"

#include <ctime>
#include <filesystem>
#include <map>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/sqlite/database.h"
#include "testing/mongodb/history.h"
#include "testing/mongodb/order_writer.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

constexpr const char* orders = "shop.orders";
constexpr std::int64_t first_submitted = 1'000'000;
constexpr std::int64_t first_inserted = 2'000'000;
constexpr std::uint32_t there_already = 11000;

Doc order(std::int64_t id) { return std::move(Doc().add("_id", id)); }

/// The smallest larger scope: the database of a collection, or the deployment.
std::string around(const std::string& watch) {
  const auto dot = watch.find('.');
  return dot == std::string::npos ? "*" : watch.substr(0, dot);
}

/// A server for this harm. Harmless cases share one that need not survive a kill.
MongoServer* server_for(MongoKind kind, Harm harm, std::unique_ptr<MongoServer>& own) {
  if (harm == Harm::none || harm == Harm::network) {
    return &shared_mongo_server({.kind = kind, .survives_kill = false});
  }
  own = std::make_unique<MongoServer>(harm == Harm::history ? forgetful(kind)
                                                            : MongoOptions{.kind = kind});
  return own.get();
}

Json relaxed(const Doc& document) {
  char* text = bson_as_relaxed_extended_json(document.get(), nullptr);
  auto parsed = Json::parse(text);
  bson_free(text);
  return std::move(parsed).value();
}

/// Documents by _id.
using Orders = std::map<std::string, Json>;

Result<Orders> orders_in(const std::string& copy) {
  auto database = sqlite::Database::open(copy, sqlite::Open::read_only, Origin::usage, patience);
  if (!database) return failed(database);
  auto rows = database->prepare("SELECT row FROM rows WHERE key LIKE 'orders/%'");
  if (!rows) return failed(rows);
  Orders found;
  while (rows->step().value_or(false)) {
    auto order = Json::parse(rows->bytes(0));
    if (!order) return fail({.name = "copy", .message = "a row is not JSON"});
    std::string key = (*order)["_id"].dump();
    found.emplace(std::move(key), *std::move(order));
  }
  return found;
}

}  // namespace

MongoSource::MongoSource(const MongoSourceOptions& options, Harm harm)
    : options_(options), server_(options.server) {
  if (server_ == nullptr && options.uri.empty()) server_ = server_for(options.kind, harm, own_);
  uri_ = options.uri.empty() ? server_->uri() : options.uri;
  relay_uri_ = uri_;
  if (harm == Harm::network) {
    const std::string host = server_->host();
    proxy_.emplace(static_cast<std::uint16_t>(std::stoul(host.substr(host.find(':') + 1))));
    // A direct connection. Otherwise the client would discover the server's own port and use it.
    relay_uri_ = "mongodb://127.0.0.1:" + std::to_string(proxy_->port()) +
                 "/?directConnection=true&connectTimeoutMS=2000&heartbeatFrequencyMS=500";
  }
  MongoShell(uri_).create(orders, options.images);
}

std::string MongoSource::configuration(const std::string& keys) const {
  // SecantusDB does not report its replica set's id (replSetGetConfig).
  const char* identity = options_.kind == MongoKind::secantus ? ", identity: \"mongodb:test\"" : "";
  return "mongodb: { uri: \"" + relay_uri_ + "\", watch: \"" + options_.watch + "\"" + identity +
         options_.keys + keys + " }";
}

Result<std::unique_ptr<Writer>> MongoSource::writer(std::uint64_t seed) {
  std::shared_mutex* apart = options_.kind == MongoKind::secantus ? &bulk_lock_ : nullptr;
  return std::make_unique<OrderWriter>(uri_, seed, options_.watch != orders, apart);
}

MongoShell& MongoSource::shell() {
  if (!shell_) shell_ = std::make_unique<MongoShell>(uri_);
  return *shell_;
}

void MongoSource::insert_orders(int count, std::size_t note_bytes) {
  std::vector<Doc> some;
  for (std::int64_t i = 0; i < count; ++i) {
    some.push_back(order(first_inserted + next_order_++));
    some.back().add("total", i).add("note", std::string(note_bytes, 'n'));
  }
  const std::shared_lock no_update_of_many(bulk_lock_);
  shell().begin();
  shell().insert(orders, some);
  shell().commit();
}

// SecantusDB's snapshot reads report the time of their reply instead of the read, so concurrent
// writes would be missing. snapshot_test.cpp tests snapshots as far as SecantusDB and a real mongod
// allow.
bool MongoSource::place_orders(int /*count*/) { return false; }

int MongoSource::submit_order(int number) {
  const std::int64_t id = first_submitted + number;
  const auto insert = [&] {
    std::vector<Doc> documents;
    documents.push_back(order(id));
    auto done =
        shell().try_write("shop", Doc().add("insert", "orders").add("documents", documents));
    if (!done && done.error().code != there_already) give_up(done.error().message);
    return done ? 1 : 0;
  };
  int made = insert();
  made += insert();
  // An upsert.
  const Doc as_it_is = std::move(Doc().add("$setOnInsert", std::move(Doc().add("total", 1))));
  const auto upserted = shell().try_update(orders, order(id), as_it_is, true);
  if (!upserted) give_up(upserted.error().message);
  if (mongodb::find(upserted->get(), "upserted.0._id")) ++made;
  return made + static_cast<int>(mongodb::find_number(upserted->get(), "nModified").value_or(0));
}

bool MongoSource::has_order(int number) {
  return shell().documents(orders, order(first_submitted + number)).size() == 1;
}

void MongoSource::begin() {
  if (!witness_) restart_witness();
}

void MongoSource::restart_witness() {
  ClusterTime start = MongoShell(uri_).time();
  // A stream that starts at a time includes the changes of that time.
  ++start.increment;
  restart_witness(start);
}

void MongoSource::restart_witness(ClusterTime start) {
  const std::string& watch = options_.watch;
  witness_.emplace(uri_, watch, options_.same_view ? watch : around(watch), start);
}

std::vector<std::string> MongoSource::changes() {
  const std::string mark = "mark " + std::to_string(++marks_);
  const std::string beside = around(options_.watch) == "*" ? "marks.marks" : "shop.marks";
  MongoShell(uri_).insert(options_.same_view ? orders : beside, std::move(Doc().add("_id", mark)));
  witness_->read_to(mark);
  return witness_->ids();
}

std::string MongoSource::read_difference(const std::vector<std::string>& ids) {
  return ids.empty() ? "" : ids.front() + " was read, but there were no rows before";
}

std::string MongoSource::copy_difference(const std::string& copy) {
  const auto copied = orders_in(copy);
  if (!copied) return copied.error().message;
  std::size_t there = 0;
  for (const Doc& document : MongoShell(uri_).documents(orders)) {
    const Json order = relaxed(document);
    const auto here = copied->find(order["_id"].dump());
    if (here == copied->end()) return order.dump() + " is missing";
    if (here->second != order) return here->second.dump() + " should be " + order.dump();
    ++there;
  }
  return there == copied->size() ? "" : "it has documents that were deleted";
}

void MongoSource::keep_backup() {
  server_->stop();
  std::filesystem::remove_all(backup_ / "data");
  server_->copy_data(backup_ / "data");
  server_->start();
}

void MongoSource::go_back() {
  const ClusterTime newest = MongoShell(uri_).time();
  server_->stop();
  server_->restore_data(backup_ / "data");
  // A restore takes more than a second. SecantusDB depends on that: it accepts every token with a
  // time that it knows, and its times start again at 1 in each second. A mongod knows its own
  // tokens.
  if (!wait_until([&] { return std::time(nullptr) > newest.seconds; }))
    give_up("the server's time does not advance");
  server_->start();
}

// As if the relay was down for longer than the history lasts.
void MongoSource::lose_history(Pipeline& pipeline) {
  Writers writers(*this, 1, {.seed = pipeline.stream().progress(), .transactions = 30});
  if (const Written lost = writers.join(); !lost.error.empty()) give_up(lost.error);
  cut_history(*server_, options_.kind);
  MongoShell shell(uri_);
  // The oldest change only serves to find the others.
  ClusterTime first = oldest_change(shell);
  ++first.increment;
  restart_witness(first);
}

MakeSource mongo_source(const MongoSourceOptions& options) {
  return [options](const TemporaryFolder& /*folder*/, Harm harm) {
    return std::make_unique<MongoSource>(options, harm);
  };
}

std::vector<SourceKind> mongodb_sources() {
  const auto on = [](MongoKind kind) -> MakeSource {
    return [kind](const TemporaryFolder& /*folder*/, Harm harm) {
      // Both a database and a collection can be watched.
      return std::make_unique<MongoSource>(
          MongoSourceOptions{.kind = kind, .watch = harm == Harm::none ? "shop" : orders}, harm);
    };
  };
  const auto needs_mongod = [](Harm /*harm*/) -> std::string {
    return real_mongod() ? "" : no_real_mongod;
  };
  return {{.name = "mongodb", .make = on(MongoKind::secantus)},
          {.name = "mongodb_real", .make = on(MongoKind::real), .impossible = needs_mongod}};
}

}  // namespace headwater::rig
