#include "testing/mongodb/order_writer.h"

#include <mutex>
#include <utility>

namespace headwater::rig {
namespace {

constexpr const char* collection = "shop.orders";
constexpr std::int64_t most_orders = 400;
constexpr std::uint32_t duplicate_key = 11000;

std::uint64_t modified(const Doc& reply) {
  return static_cast<std::uint64_t>(mongodb::find_number(reply.get(), "nModified").value_or(0));
}

Doc set(const char* field, std::int64_t to) {
  return std::move(Doc().add("$set", std::move(Doc().add(field, to))));
}

}  // namespace

std::int64_t OrderWriter::any(std::int64_t below) {
  return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_);
}

Doc OrderWriter::any_order() { return std::move(Doc().add("_id", any(most_orders))); }

Doc OrderWriter::new_order(std::int64_t id) {
  Doc order;
  order.add("_id", id).add("total", any(1'000)).add("state", "placed");
  order.add("note", std::string(static_cast<std::size_t>(any(200)), 'n'));
  return order;
}

bool OrderWriter::reconnect() {
  shell_.emplace(uri_);
  // Also ends the session, which needs the server.
  return shell_->try_command("admin", json(R"({"ping": 1})")) && shell_->try_begin() &&
         (shell_->abort(), true);
}

Result<void> OrderWriter::transaction(Tally& tally) {
  if (!shell_ && !reconnect()) return fail({.name = "no connection"});
  Tally changes;
  auto done = any(4) == 0 ? several_changes(changes) : one_change(changes, false);
  if (!done) {
    shell_->abort();
    return fail({.remedy = done.error().transient ? Remedy::retry : Remedy::stop,
                 .name = std::to_string(done.error().code),
                 .message = done.error().message});
  }
  for (const auto& [what, count] : changes) tally[what] += count;
  return {};
}

Tried<void> OrderWriter::several_changes(Tally& tally) {
  std::shared_lock<std::shared_mutex> no_update_of_many;
  if (bulk_lock_ != nullptr) no_update_of_many = std::shared_lock(*bulk_lock_);
  if (auto begun = shell_->try_begin(); !begun) return begun;
  const std::int64_t changes = 1 + any(6);
  for (std::int64_t i = 0; i < changes; ++i) {
    auto done = one_change(tally, true);
    if (done) continue;
    shell_->abort();
    tally.clear();
    // Another writer's transaction was first, or the order exists already.
    if (done.error().transient || done.error().code == duplicate_key) return {};
    return done;
  }
  if (any(5) == 0) {
    shell_->abort();
    tally.clear();
    return {};
  }
  return shell_->try_commit();
}

Tried<void> OrderWriter::one_change(Tally& tally, bool in_transaction) {
  switch (any(8)) {
    case 0:
    case 1:
    case 2:
      return insert(tally, in_transaction);
    case 3:
      return update(tally);
    case 4:
      return any(4) == 0 ? update_many(tally, in_transaction) : update(tally);
    case 5:
      return replace(tally);
    case 6:
      return any(3) == 0 ? restock(tally) : upsert(tally);
    default:
      return remove(tally);
  }
}

Tried<void> OrderWriter::insert(Tally& tally, bool in_transaction) {
  std::vector<Doc> documents;
  documents.push_back(new_order(any(most_orders)));
  auto reply = shell_->try_write("shop", Doc().add("insert", "orders").add("documents", documents));
  if (reply) {
    ++tally["orders.insert"];
    return {};
  }
  if (reply.error().code == duplicate_key && !in_transaction) return {};
  return tl::unexpected(reply.error());
}

Tried<void> OrderWriter::update(Tally& tally) { return update(tally, any_order(), false); }

Tried<void> OrderWriter::update_many(Tally& tally, bool in_transaction) {
  std::unique_lock<std::shared_mutex> no_transaction;
  if (bulk_lock_ != nullptr && !in_transaction) no_transaction = std::unique_lock(*bulk_lock_);
  const std::int64_t from = any(most_orders);
  Doc range;
  range.add("$gte", from).add("$lt", from + 5);
  return update(tally, std::move(Doc().add("_id", range)), true);
}

Tried<void> OrderWriter::update(Tally& tally, const Doc& filter, bool many) {
  Doc change = set("total", any(1'000));
  if (any(3) == 0) change.add("$unset", std::move(Doc().add("note", "")));
  Doc update;
  update.add("q", filter).add("u", change).add("multi", many);
  std::vector<Doc> updates;
  updates.push_back(std::move(update));
  auto reply = shell_->try_write("shop", Doc().add("update", "orders").add("updates", updates));
  if (!reply) return tl::unexpected(reply.error());
  tally["orders.update"] += modified(*reply);
  return {};
}

Tried<void> OrderWriter::replace(Tally& tally) {
  const std::int64_t id = any(most_orders);
  auto reply = shell_->try_update(collection, std::move(Doc().add("_id", id)), new_order(id));
  if (!reply) return tl::unexpected(reply.error());
  tally["orders.replace"] += modified(*reply);
  return {};
}

Tried<void> OrderWriter::upsert(Tally& tally) {
  auto reply = shell_->try_update(collection, any_order(), set("state", any(3)), true);
  if (!reply) return tl::unexpected(reply.error());
  const bool inserted = mongodb::find(reply->get(), "upserted.0._id").has_value();
  tally["orders.insert"] += inserted ? 1 : 0;
  tally["orders.update"] += modified(*reply);
  return {};
}

Tried<void> OrderWriter::remove(Tally& tally) {
  auto reply = shell_->try_remove(collection, any_order());
  if (!reply) return tl::unexpected(reply.error());
  tally["orders.delete"] +=
      static_cast<std::uint64_t>(mongodb::find_number(reply->get(), "n").value_or(0));
  return {};
}

/// Changes another collection, which a relay of the orders does not watch.
Tried<void> OrderWriter::restock(Tally& tally) {
  Doc add;
  add.add("$inc", std::move(Doc().add("pieces", std::int64_t{1})));
  auto reply = shell_->try_update("shop.stock", std::move(Doc().add("_id", any(5))), add, true);
  if (!reply) return tl::unexpected(reply.error());
  if (!counts_stock_) return {};
  const bool inserted = mongodb::find(reply->get(), "upserted.0._id").has_value();
  tally["stock.insert"] += inserted ? 1 : 0;
  tally["stock.update"] += modified(*reply);
  return {};
}

}  // namespace headwater::rig
