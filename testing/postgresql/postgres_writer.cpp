#include "testing/postgresql/postgres_writer.h"

namespace headwater::rig {

std::vector<const char*> postgres_shop() {
  return {
      "CREATE TABLE customers(id serial PRIMARY KEY, email text NOT NULL UNIQUE, name text, "
      "balance numeric(12,2) NOT NULL DEFAULT 0)",
      "CREATE TABLE orders(id bigserial PRIMARY KEY, idempotency_key text NOT NULL UNIQUE, "
      "customer int, status text NOT NULL, total int8 NOT NULL, note bytea)",
      "CREATE TABLE items(order_id int8 NOT NULL, line int NOT NULL, sku text NOT NULL, "
      "quantity int NOT NULL, PRIMARY KEY (order_id, line))",
      "ALTER TABLE customers REPLICA IDENTITY FULL"};
}

Result<void> PostgresWriter::transaction(Tally& tally) {
  auto done = change_and_commit(tally);
  if (!done) (void)shell_.ask("ROLLBACK");
  return done;
}

Result<void> PostgresWriter::change_and_commit(Tally& tally) {
  if (auto begun = run("BEGIN"); !begun) return begun;
  Tally changed;
  for (std::uint64_t left = 1 + random_() % (random_() % 10 == 0 ? 30 : 4); left > 0; --left) {
    auto done = random_() % 12 == 0 ? savepoint(changed) : one_change(changed);
    if (!done) return done;
  }
  if (random_() % 10 == 0) return run("ROLLBACK");
  if (auto done = run("COMMIT"); !done) return done;
  for (const auto& [what, count] : changed) tally[what] += count;
  return {};
}

Result<void> PostgresWriter::one_change(Tally& tally) {
  switch (random_() % 9) {
    case 0:
    case 1:
      return count("INSERT INTO customers(email, name) VALUES ('c" + any(100) +
                       "@example.com', 'maybe') ON CONFLICT DO NOTHING",
                   tally, {"customers.insert"});
    case 2:
      return count("UPDATE customers SET balance = balance + 0.25 WHERE email = 'c" + any(100) +
                       "@example.com'",
                   tally, {"customers.update"});
    case 3:
      return count("DELETE FROM items WHERE order_id = " + any_order(), tally, {"items.delete"});
    case 4:
      return count(
          "UPDATE items SET line = line + 100 WHERE line < 100 AND order_id = " + any_order(),
          tally, {"items.delete", "items.insert"});
    case 5:
    case 6:
      return count("UPDATE orders SET status = 'paid', total = total + 1 WHERE id = " + any_order(),
                   tally, {"orders.update"});
    default:
      return place_order(tally);
  }
}

Result<void> PostgresWriter::savepoint(Tally& tally) {
  const bool kept = random_() % 2 == 0;
  Tally changed;
  auto done = run("SAVEPOINT part");
  if (done) done = one_change(changed);
  if (done) done = one_change(changed);
  if (done) done = run(kept ? "RELEASE part" : "ROLLBACK TO part");
  if (!done || !kept) return done;
  for (const auto& [what, count] : changed) tally[what] += count;
  return {};
}

Result<void> PostgresWriter::place_order(Tally& tally) {
  auto placed =
      count("INSERT INTO orders(idempotency_key, customer, status, total, note) VALUES ('" +
                any(~std::uint64_t{0}) + "', " + any(200) + ", 'placed', " + any(100'000) +
                ", decode(md5('" + any(1'000) + "'), 'hex'))",
            tally, {"orders.insert"});
  if (!placed) return placed;
  return count(
      "INSERT INTO items SELECT currval('orders_id_seq'), g, 'sku-' || g, 1 + g "
      "FROM generate_series(1, " +
          any(4) + ") g",
      tally, {"items.insert"});
}

Result<void> PostgresWriter::run(const std::string& statement) {
  auto done = shell_.ask(statement);
  if (!done) return failed(done);
  return {};
}

Result<void> PostgresWriter::count(const std::string& statement, Tally& tally,
                                   std::initializer_list<const char*> as) {
  if (auto done = run(statement); !done) return done;
  for (const char* what : as) tally[what] += shell_.changed();
  return {};
}

}  // namespace headwater::rig
