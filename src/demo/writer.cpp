// A shop's service: places and changes orders, and knows nothing of Headwater.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "src/base/random.h"
#include "src/demo/demo.h"
#include "src/demo/writer_line.h"
#include "src/sqlite/database.h"

namespace headwater {
namespace {

using demo::WriterLine;

class OrderWriter {
 public:
  OrderWriter(sqlite::Database shop, std::uint64_t seed) : shop_(std::move(shop)), random_(seed) {}

  /// One transaction, committed or rolled back.
  Result<WriterLine> transaction() {
    WriterLine line;
    const bool kept = any(12) != 0;
    auto done = shop_.execute("BEGIN IMMEDIATE");
    if (!done) return failed(done);
    for (std::int64_t left = any(3) == 0 ? 4 : 1; done && left > 0; --left) done = change(line);
    if (!done) {
      (void)shop_.execute("ROLLBACK");
      return failed(done);
    }
    done = shop_.execute(kept ? "COMMIT" : "ROLLBACK");
    if (!done) return failed(done);
    if (!kept && !line.text.empty()) line = {.changes = 0, .text = "rolled back: " + line.text};
    return line;
  }

  std::int64_t any(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

 private:
  Result<void> change(WriterLine& line) {
    const std::int64_t chance = any(20);
    if (chance < 9) return place(line);
    if (chance < 15) return advance(line);
    if (chance < 17) return advance_many(line);
    if (chance < 19) return cancel(line);
    return replace(line);
  }

  Result<void> place(WriterLine& line) {
    auto placed = shop_.execute(
        "INSERT INTO orders(reference, customer, cents, status) VALUES"
        " (lower(hex(randomblob(6))), 'customer " +
        std::to_string(any(400)) + "', " + std::to_string(100 + any(20'000)) + ", 'placed')");
    if (!placed) return placed;
    const std::string order = std::to_string(sqlite3_last_insert_rowid(shop_.handle()));
    const std::int64_t items = 1 + any(3);
    for (std::int64_t item = 1; item <= items; ++item) {
      auto added = shop_.execute("INSERT INTO items VALUES (" + order + ", " +
                                 std::to_string(item) + ", 'article " + std::to_string(any(90)) +
                                 "', " + std::to_string(1 + any(5)) + ")");
      if (!added) return added;
    }
    note(line, 1 + items, "order " + order + " placed");
    return {};
  }

  Result<void> advance(WriterLine& line) {
    auto order = any_order();
    if (!order) return failed(order);
    auto changed = shop_.execute(
        "UPDATE orders SET status = CASE status WHEN 'placed' THEN 'paid' WHEN 'paid' THEN"
        " 'shipped' ELSE 'delivered' END WHERE id = " +
        *order);
    if (!changed) return changed;
    note(line, shop_.changes(), "order " + *order + " moved on");
    return {};
  }

  Result<void> advance_many(WriterLine& line) {
    auto order = any_order();
    if (!order) return failed(order);
    auto changed = shop_.execute(
        "UPDATE orders SET status = 'shipped' WHERE status = 'paid' AND id"
        " BETWEEN " +
        *order + " AND " + *order + " + 20");
    if (!changed) return changed;
    note(line, shop_.changes(), "a batch shipped from order " + *order);
    return {};
  }

  /// The order's items go with it, by ON DELETE CASCADE.
  Result<void> cancel(WriterLine& line) {
    auto order = any_order();
    if (!order) return failed(order);
    auto items = shop_.integer("SELECT count(*) FROM items WHERE order_id = " + *order);
    if (!items) return failed(items);
    auto deleted = shop_.execute("DELETE FROM orders WHERE id = " + *order);
    if (!deleted) return deleted;
    note(line, shop_.changes() + *items, "order " + *order + " cancelled");
    return {};
  }

  /// The same reference again: SQLite removes the older order without firing delete triggers.
  Result<void> replace(WriterLine& line) {
    auto order = any_order();
    if (!order) return failed(order);
    auto items = shop_.integer("SELECT count(*) FROM items WHERE order_id = " + *order);
    if (!items) return failed(items);
    auto replaced = shop_.execute(
        "REPLACE INTO orders(reference, customer, cents, status) SELECT reference, customer,"
        " cents + 1, 'placed' FROM orders WHERE id = " +
        *order);
    if (!replaced) return replaced;
    if (shop_.changes() == 0) return {};
    note(line, 2 + *items, "order " + *order + " replaced");
    return {};
  }

  Result<std::string> any_order() {
    auto last = shop_.integer("SELECT max(id) FROM orders");
    if (!last) return failed(last);
    // Mostly recent ones, as in practice.
    const std::int64_t back = any(any(2) == 0 ? 60 : 2'000);
    auto order = shop_.integer("SELECT id FROM orders WHERE id <= " +
                               std::to_string(std::max<std::int64_t>(1, *last - back)) +
                               " ORDER BY id DESC LIMIT 1");
    if (!order) return failed(order);
    return std::to_string(*order);
  }

  static void note(WriterLine& line, std::int64_t changes, std::string text) {
    if (changes == 0) return;
    line.changes += static_cast<std::uint64_t>(changes);
    line.text += (line.text.empty() ? "" : ", ") + std::move(text);
  }

  sqlite::Database shop_;
  Random random_;
};

/// Returns true when stdin is closed, false when the customer's pause is over.
bool closed_within(std::int64_t milliseconds) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, static_cast<int>(milliseconds)) > 0;
}

bool say(const WriterLine& line) {
  const std::string text = to_text(line);
  return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

Result<void> run_demo_writer(const std::string& database, std::uint64_t seed) {
  auto shop = sqlite::Database::open(database, sqlite::Open::read_write, Origin::source,
                                     Milliseconds(60'000));
  if (!shop) return failed(shop);
  auto ready = shop->execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
  if (!ready) return ready;
  OrderWriter writer(std::move(*shop), seed);
  while (!closed_within(2 + writer.any(24))) {
    auto line = writer.transaction();
    if (!line) return failed(line);
    if (line->text.empty()) continue;  // it found nothing to change
    if (!say(*line)) return {};        // the demo has ended
  }
  return {};
}

}  // namespace headwater
