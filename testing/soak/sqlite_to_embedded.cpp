#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/rig/server_program.h"
#include "testing/rig/small_disk.h"
#include "testing/rig/sqlite_files.h"
#include "testing/soak/clock.h"
#include "testing/soak/course.h"

namespace headwater::soak {
namespace {

constexpr const char* stream_file = "disk/events.db";

/// What the shop itself records about orders and items: what was committed, in order. Headwater does
/// not know it. Customers are left out, because SQLite fires no trigger for a row that a REPLACE
/// removes.
constexpr const char* ledger = R"sql(
CREATE TABLE ledger(n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, total);
CREATE TRIGGER order_placed AFTER INSERT ON orders BEGIN
  INSERT INTO ledger(what, total) VALUES ('orders.insert orders/' || new.id, new.total);
END;
CREATE TRIGGER order_changed AFTER UPDATE ON orders BEGIN
  INSERT INTO ledger(what, total) VALUES ('orders.update orders/' || new.id, new.total);
END;
CREATE TRIGGER order_deleted AFTER DELETE ON orders BEGIN
  INSERT INTO ledger(what) VALUES ('orders.delete orders/' || old.id);
END;
CREATE TRIGGER item_added AFTER INSERT ON items BEGIN
  INSERT INTO ledger(what) VALUES ('items.insert items/' || new.order_id || '/' || new.line);
END;
CREATE TRIGGER item_moved AFTER UPDATE ON items BEGIN
  INSERT INTO ledger(what) VALUES ('items.delete items/' || old.order_id || '/' || old.line);
  INSERT INTO ledger(what) VALUES ('items.insert items/' || new.order_id || '/' || new.line);
END;
CREATE TRIGGER item_deleted AFTER DELETE ON items BEGIN
  INSERT INTO ledger(what) VALUES ('items.delete items/' || old.order_id || '/' || old.line);
END;
)sql";

constexpr const char* of_ledger =
    "SELECT what || ' ' || coalesce(total, '') FROM ledger ORDER BY n";
constexpr const char* of_stream =
    "SELECT substr(type, instr(type, '.') + 1) || ' ' || partition_key || ' ' ||"
    " coalesce(json_extract(data, '$.after.total'), '')"
    " FROM event WHERE type NOT LIKE '%.customers.%' ORDER BY sequence";

std::vector<std::string> column(const std::string& path, const std::string& sql) {
  auto database =
      sqlite::Database::open(path, sqlite::Open::read_only, Origin::usage, rig::patience);
  if (!database) rig::give_up(database.error().message);
  auto rows = database->prepare(sql);
  if (!rows) rig::give_up(rows.error().message);
  std::vector<std::string> values;
  while (rows->step().value_or(false)) values.emplace_back(rows->bytes(0));
  return values;
}

std::unique_ptr<rig::StreamUnderTest> on_small_disk(const rig::TemporaryFolder& folder) {
  return rig::embedded_stream(folder, stream_file);
}

/// Relays trim the log at once.
std::unique_ptr<rig::SourceUnderTest> shop(const rig::TemporaryFolder& folder, rig::Harm /*harm*/) {
  auto source = std::make_unique<rig::SqliteSource>(folder, rig::Harm::history, rig::Journal::wal,
                                                    "[customers, orders, items]");
  rig::execute(folder / "shop.db", ledger);
  return source;
}

class SqliteToEmbedded final : public Course {
 public:
  SqliteToEmbedded()
      : pipeline_({.source = &shop, .stream = &on_small_disk, .relay = "takeover_after: 1s\n"}),
        disk_(pipeline_.folder() / "disk", disk_mebibytes) {
    set_sqlite_clock(Milliseconds(0));
  }

  [[nodiscard]] std::string name() const override { return "SQLite -> embedded"; }
  [[nodiscard]] std::string made_of() const override {
    return "SQLite " + std::string(sqlite3_libversion());
  }
  [[nodiscard]] rig::Pipeline& pipeline() override { return pipeline_; }

  [[nodiscard]] std::vector<Fault> faults(Random& random) override {
    std::vector<Fault> faults;
    faults.push_back({.name = "clock of the writers stepped",
                      .weight = 2,
                      .shortest = Milliseconds(500),
                      .longest = Milliseconds(8'000),
                      .begin = [&random] { set_sqlite_clock(any_step(random)); },
                      .end = [] { set_sqlite_clock(Milliseconds(0)); }});
    if (disk_.mounted()) {
      faults.push_back({.name = "disk of the stream full",
                        .weight = 2,
                        .shortest = Milliseconds(1'000),
                        .longest = Milliseconds(6'000),
                        .begin = [this] { disk_.fill_up(); },
                        .end = [this] { disk_.enlarge(disk_mebibytes); }});
    }
    return faults;
  }

  [[nodiscard]] Load load(Random& random) override {
    return {.writers = any(random, 1, 2), .pause = Milliseconds(any(random, 15, 90))};
  }
  void burst(Random& random, rig::Tally& tally) override {
    const int orders = any(random, 100, 2'000);
    pipeline_.source().insert_orders(orders, 50);
    tally["orders.insert"] += static_cast<std::uint64_t>(orders);
  }

  [[nodiscard]] std::uint64_t published() override { return pipeline_.stream().progress(); }

  [[nodiscard]] Findings check(const rig::Tally& tally) override {
    Findings found{.count = count(pipeline_.changes(), event_ids(pipeline_))};
    const std::string miscounted = pipeline_.tally_disagreement(tally);
    if (!miscounted.empty()) found.wrong.push_back("the writers counted otherwise: " + miscounted);
    const std::string other = rig::first_difference(
        column(pipeline_.shop(), of_ledger), column(pipeline_.folder() / stream_file, of_stream));
    if (!other.empty()) found.wrong.push_back("the shop's own ledger is different: " + other);
    return found;
  }
  void keep() override { keep_disk(pipeline_); }

 private:
  rig::Pipeline pipeline_;
  rig::SmallDisk disk_;
};

}  // namespace

std::unique_ptr<Course> sqlite_to_embedded() { return std::make_unique<SqliteToEmbedded>(); }

}  // namespace headwater::soak
