#include "testing/rig/shop_writer.h"

#include <algorithm>
#include <utility>

namespace headwater::rig {
Result<std::unique_ptr<Writer>> ShopWriter::open(const std::string& path, std::uint64_t seed) {
  auto shop =
      sqlite::Database::open(path, sqlite::Open::read_write, Origin::usage, Milliseconds(60'000));
  if (!shop) return fail(std::move(shop.error()));
  // Commits are not synced: these tests kill processes, not machines, and need much load.
  auto ready = shop->execute("PRAGMA foreign_keys=ON; PRAGMA synchronous=OFF");
  if (!ready) return fail(std::move(ready.error()));
  return std::unique_ptr<Writer>(new ShopWriter(std::move(*shop), seed));
}

std::int64_t ShopWriter::any(std::int64_t below) {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
}

std::string ShopWriter::any_email() { return "c" + std::to_string(any(100)) + "@example.com"; }

Result<void> ShopWriter::transaction(Tally& tally) {
  auto done = change_and_commit(tally);
  if (!done) done.error().remedy = Remedy::stop;
  return done;
}

Result<void> ShopWriter::change_and_commit(Tally& tally) {
  auto begun = run("BEGIN IMMEDIATE");
  if (!begun) return begun;
  Tally changed;
  for (std::int64_t left = 1 + any(any(10) == 0 ? 30 : 4); left > 0; --left) {
    auto done = any(12) == 0 ? savepoint(changed) : one_change(changed);
    if (!done) {
      (void)run("ROLLBACK");
      return done;
    }
  }
  if (any(10) == 0) return run("ROLLBACK");
  auto done = run("COMMIT");
  if (!done) return done;
  for (const auto& [what, count] : changed) tally[what] += count;
  return {};
}

Result<void> ShopWriter::one_change(Tally& tally) {
  switch (any(10)) {
    case 0:
      return replace_customer(tally);
    case 1:
      return upsert_customer(tally);
    case 2:
      return ignored_customer(tally);
    case 3:
      return delete_order(tally);
    case 4:
      return rename_item(tally);
    case 5:
    case 6:
      return change_orders(tally);
    default:
      return place_order(tally);
  }
}

/// Makes changes and rolls half of them back.
Result<void> ShopWriter::savepoint(Tally& tally) {
  const bool kept = any(2) == 0;
  Tally changed;
  auto done = run("SAVEPOINT part");
  if (done) done = one_change(changed);
  if (done) done = one_change(changed);
  if (done && !kept) done = run("ROLLBACK TO part");
  if (done) done = run("RELEASE part");
  if (!done || !kept) return done;
  for (const auto& [what, count] : changed) tally[what] += count;
  return {};
}

Result<sqlite::Statement*> ShopWriter::prepared(const std::string& sql, const Values& values) {
  sqlite::Statement& statement = statements_[sql];
  if (!statement) {
    auto compiled = shop_.prepare(sql);
    if (!compiled) return fail(std::move(compiled.error()));
    statement = std::move(*compiled);
  }
  int at = 0;
  for (const auto& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      statement.bind(at++, *number);
    } else {
      statement.bind_text(at++, std::get<std::string>(value));
    }
  }
  return &statement;
}

Result<void> ShopWriter::run(const std::string& sql, const Values& values) {
  auto statement = prepared(sql, values);
  if (!statement) return fail(std::move(statement.error()));
  return (*statement)->run();
}

Result<std::uint64_t> ShopWriter::count(const std::string& sql, const Values& values) {
  auto done = run(sql, values);
  if (!done) return fail(std::move(done.error()));
  return static_cast<std::uint64_t>(shop_.changes());
}

Result<std::int64_t> ShopWriter::query_integer(const std::string& sql, const Values& values) {
  auto statement = prepared(sql, values);
  if (!statement) return fail(std::move(statement.error()));
  auto row = (*statement)->step();
  if (!row) return fail(std::move(row.error()));
  const std::int64_t found = *row ? (*statement)->integer(0) : 0;
  (*statement)->reset();
  return found;
}

Result<std::int64_t> ShopWriter::any_order() {
  auto last = query_integer("SELECT max(id) FROM orders");
  if (!last) return last;
  return 1 + any(std::max<std::int64_t>(*last, 1));
}

Result<void> ShopWriter::place_order(Tally& tally) {
  auto placed = count(
      "INSERT INTO orders(idempotency_key, customer, status, total, note)"
      " VALUES (hex(randomblob(16)), ?, 'placed', ?, randomblob(?))",
      {any(200), any(100'000), any(40)});
  if (!placed) return fail(std::move(placed.error()));
  const std::int64_t order = sqlite3_last_insert_rowid(shop_.handle());
  tally["orders.insert"] += *placed;
  for (std::int64_t line = any(3); line > 0; --line) {
    auto added = count("INSERT INTO items VALUES (?, ?, ?, ?)",
                       {order, line, "sku-" + std::to_string(any(500)), 1 + any(9)});
    if (!added) return fail(std::move(added.error()));
    tally["items.insert"] += *added;
  }
  return {};
}

Result<void> ShopWriter::change_orders(Tally& tally) {
  auto order = any_order();
  if (!order) return fail(std::move(order.error()));
  auto changed =
      count("UPDATE orders SET status = 'paid', total = total + 1 WHERE id BETWEEN ? AND ?",
            {*order, *order + any(4)});
  if (!changed) return fail(std::move(changed.error()));
  tally["orders.update"] += *changed;
  return {};
}

Result<void> ShopWriter::delete_order(Tally& tally) {
  auto order = any_order();
  if (!order) return fail(std::move(order.error()));
  auto items = query_integer("SELECT count(*) FROM items WHERE order_id = ?", {*order});
  if (!items) return fail(std::move(items.error()));
  auto deleted = count("DELETE FROM orders WHERE id = ?", {*order});
  if (!deleted) return fail(std::move(deleted.error()));
  tally["orders.delete"] += *deleted;
  tally["items.delete"] += static_cast<std::uint64_t>(*items);
  return {};
}

/// May delete two rows: one with the same key, another with the same email.
Result<void> ShopWriter::replace_customer(Tally& tally) {
  const std::int64_t id = any(100);
  const std::string email = "C" + std::to_string(any(100)) + "@example.com";
  auto gone =
      query_integer("SELECT count(*) FROM customers WHERE id = ? OR email = ?", {id, email});
  if (!gone) return fail(std::move(gone.error()));
  auto placed =
      run("REPLACE INTO customers VALUES (?, ?, 'replaced', ? + 0.25)", {id, email, any(1000)});
  if (!placed) return placed;
  tally["customers.delete"] += static_cast<std::uint64_t>(*gone);
  tally["customers.insert"] += 1;
  return {};
}

Result<void> ShopWriter::upsert_customer(Tally& tally) {
  const std::string email = any_email();
  auto there = query_integer("SELECT count(*) FROM customers WHERE email = ?", {email});
  if (!there) return fail(std::move(there.error()));
  auto placed =
      run("INSERT INTO customers(email, name) VALUES (?, 'new')"
          " ON CONFLICT (email) DO UPDATE SET balance = balance + 1",
          {email});
  if (!placed) return placed;
  tally[*there == 0 ? "customers.insert" : "customers.update"] += 1;
  return {};
}

Result<void> ShopWriter::ignored_customer(Tally& tally) {
  auto placed =
      count("INSERT OR IGNORE INTO customers(email, name) VALUES (?, 'maybe')", {any_email()});
  if (!placed) return fail(std::move(placed.error()));
  tally["customers.insert"] += *placed;
  return {};
}

/// Changes keys, which counts as a delete and an insert.
Result<void> ShopWriter::rename_item(Tally& tally) {
  auto order = any_order();
  if (!order) return fail(std::move(order.error()));
  auto moved =
      count("UPDATE items SET line = line + 100 WHERE order_id = ? AND line < 100", {*order});
  if (!moved) return fail(std::move(moved.error()));
  tally["items.delete"] += *moved;
  tally["items.insert"] += *moved;
  return {};
}

}  // namespace headwater::rig
