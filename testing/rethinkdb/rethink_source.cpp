#include "testing/rethinkdb/rethink_source.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "src/sqlite/database.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/order_queries.h"
#include "testing/rethinkdb/rethink_writer.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

Term order(const std::string& id, std::int64_t total, std::size_t note_bytes) {
  return Term::object({{"id", id}, {"total", total}, {"note", std::string(note_bytes, 'n')}});
}

/// Documents by id.
using Orders = std::map<std::string, Json>;

Result<Orders> orders_in(const std::string& copy) {
  auto database = sqlite::Database::open(copy, sqlite::Open::read_only, Origin::usage, patience);
  if (!database) return failed(database);
  auto rows = database->prepare("SELECT row FROM rows");
  if (!rows) return failed(rows);
  Orders found;
  while (rows->step().value_or(false)) {
    auto document = Json::parse(rows->bytes(0));
    if (!document) return fail({.name = "copy", .message = "a row is not JSON"});
    std::string id = (*document)["id"].dump();
    found.emplace(std::move(id), *std::move(document));
  }
  return found;
}

void wait_for_tables(RethinkServer& server) {
  server.run(orders().then(TermType::wait));
  const Term database = Term::call(TermType::db, {"shop"});
  const Json names = server.run(database.then(TermType::table_list));
  for (const Json& name : names.elements()) {
    server.run(rethinkdb::table("shop", name.text().value_or("")).then(TermType::wait));
  }
}

}  // namespace

RethinkSource::RethinkSource(Harm harm) {
  if (harm == Harm::network) proxy_.emplace(server_.port());
  server_.run(Term::call(rethinkdb::admin::db_create, {"shop"}));
  server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
  wait_for_tables(server_);
}

std::string RethinkSource::configuration(const std::string& keys) const {
  const std::uint16_t port = proxy_ ? proxy_->port() : server_.port();
  return "rethinkdb: { host: \"127.0.0.1:" + std::to_string(port) +
         "\", tables: shop.orders, server_timeout: 2s" +
         (placed_ > 0 ? ", snapshot: initial" : "") + keys + " }";
}

Result<std::unique_ptr<Writer>> RethinkSource::writer(std::uint64_t seed) {
  return std::make_unique<RethinkWriter>(server_.options(), seed,
                                         [this](const std::vector<OrderChange>& changes) {
                                           if (witness_) witness_->acknowledge(changes);
                                         });
}

void RethinkSource::insert_orders(int count, std::size_t note_bytes) {
  std::vector<Term> documents;
  documents.reserve(static_cast<std::size_t>(count));
  const std::string id = "large-" + std::to_string(++batches_) + "-";
  for (int i = 0; i < count; ++i) documents.push_back(order(id + std::to_string(i), i, note_bytes));
  const Json written = server_.run(orders().then(TermType::insert, {Term::array(documents)}));
  if (written["inserted"] != count) give_up(written.dump());
}

bool RethinkSource::place_orders(int count) {
  constexpr int at_once = 1'000;
  constexpr std::size_t note_bytes = 1'500;
  for (; placed_ < count;) {
    std::vector<Term> documents;
    documents.reserve(at_once);
    for (int left = std::min(at_once, count - placed_); left > 0; --left) {
      documents.push_back(order("before-" + std::to_string(placed_++), 1, note_bytes));
    }
    server_.run(orders().then(TermType::insert, {Term::array(documents)}));
  }
  return true;
}

int RethinkSource::submit_order(int number) {
  const Term document = order("submitted-" + std::to_string(number), 1, 0);
  const auto made = [this](const Term& write) {
    const auto changes = changes_in(server_.run(write));
    witness_->acknowledge(changes);
    return static_cast<int>(changes.size());
  };
  const auto insert = [&](const Term& on_conflict) {
    return made(orders().then(TermType::insert, {document},
                              {{"return_changes", true}, {"conflict", on_conflict}}));
  };
  // The same document replaced by itself is not changed.
  return insert("error") + insert("replace") + insert("update") +
         made(rig::insert_orders({document}));
}

bool RethinkSource::has_order(int number) {
  return server_.run(orders().then(TermType::get, {"submitted-" + std::to_string(number)}))
      .is_object();
}

void RethinkSource::begin() {
  if (!witness_) witness_.emplace(server_);
}

std::string RethinkSource::difference(const std::vector<std::string>& ids, std::size_t /*joined*/) {
  return witness_->difference(ids, placed_ > 0 ? &read_ : nullptr);
}

// Rows that came while others were read are among them; those that were deleted before they were read
// are not.
std::string RethinkSource::read_difference(const std::vector<std::string>& ids) {
  read_.clear();
  if (placed_ == 0 && !ids.empty()) return ids.front() + " was read, but there were no rows before";
  for (const std::string& id : ids) {
    // read-<journal>-<release>-<key>
    constexpr int dashes = 3;
    std::size_t begin = 0;
    for (int i = 0; i < dashes; ++i) begin = id.find('-', begin) + 1;
    if (!read_.insert(id.substr(begin)).second) return id + " was read twice";
  }
  for (int i = 0; i < placed_; ++i) {
    const std::string key = "'before-" + std::to_string(i);
    if (!read_.contains(key) && !witness_->has_deleted(key))
      return key + " existed before, and was never read";
  }
  return "";
}

std::string RethinkSource::copy_difference(const std::string& copy) {
  const auto copied = orders_in(copy);
  if (!copied) return copied.error().message;
  const Json there = server_.run(orders_there());
  for (const Json& document : there.elements()) {
    const auto here = copied->find(document["id"].dump());
    if (here == copied->end()) return document.dump() + " is missing";
    if (here->second != document) return here->second.dump() + " should be " + document.dump();
  }
  return there.size() == copied->size() ? "" : "it has documents that were deleted";
}

void RethinkSource::kill_server() {
  if (witness_) witness_->lose_sight();
  server_.kill();
}

void RethinkSource::start_server() {
  server_.start();
  wait_for_tables(server_);
}

void RethinkSource::keep_backup() {
  witness_->keep();
  server_.stop();
  std::filesystem::remove_all(backup_ / "data");
  std::filesystem::copy(server_.data(), backup_ / "data", std::filesystem::copy_options::recursive);
  start_server();
  witness_->kept();
}

void RethinkSource::go_back() {
  server_.kill();
  server_.restore_data(backup_ / "data");
  start_server();
  witness_->go_back();
}

void RethinkSource::lose_history(Pipeline& pipeline) {
  server_.run(orders().then(TermType::set_write_hook, {Term::null()}));
  Writers writers(*this, 1, {.seed = pipeline.stream().progress(), .transactions = 30});
  if (const Written lost = writers.join(); !lost.error.empty()) give_up(lost.error);
  if (const std::string error = pipeline.init(); !error.empty()) give_up(error);
  witness_.emplace(server_);
}

std::vector<SourceKind> rethinkdb_sources() {
  return {{.name = "rethinkdb",
           .make = [](const TemporaryFolder& /*folder*/,
                      Harm harm) { return std::make_unique<RethinkSource>(harm); },
           .also_on = "nats"}};
}

}  // namespace headwater::rig
