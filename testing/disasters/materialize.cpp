// materialize CONFIG DATABASE CONSUMER [STEP PASSING] A downstream service with its own database.
// It applies the events up to the end of the stream, each batch in one transaction together with
// its sequence, and then acknowledges the batch to the stream.
//
// It is strict: inserting an existing row, or updating or deleting a row that does not exist or
// differs from the event's `before`, ends it with code 1. So it detects every repeated, missing or
// misplaced event. With STEP (before_commit or after_commit), it kills itself when it reaches that
// step for the PASSINGth time.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "src/cli/configured.h"
#include "src/json/json.h"
#include "src/sqlite/database.h"

namespace {

using headwater::Error;
using headwater::fail;
using headwater::failed;
using headwater::Json;
using headwater::Origin;
using headwater::Result;
using headwater::StoredEvent;
using headwater::sqlite::Database;

constexpr headwater::ReadLimits batch{.count = 50, .bytes = std::size_t{1} << 20U};

struct Fault {
  std::string step;
  std::uint64_t passing = 0;

  void at(const std::string& passed) {
    if (passed == step && --passing == 0) ::raise(SIGKILL);
  }
};

Error invalid(const StoredEvent& stored, const std::string& why) {
  return {.origin = Origin::stream,
          .name = "invalid_event",
          .message = "event " + std::to_string(stored.sequence) + " (" + stored.event.id + ", " +
                     stored.event.type.text() + " " + stored.event.subject + "): " + why};
}

/// Runs a statement on the key ?1, which must change exactly one row.
Result<void> exactly_one(Database& own, const char* sql, const StoredEvent& stored,
                         const std::string& first, const std::string& second) {
  auto change = own.prepare(sql);
  if (!change) return fail(std::move(change.error()));
  auto done = change->bind_text(0, stored.event.partition_key)
                  .bind_text(1, first)
                  .bind_text(2, second)
                  .run();
  if (!done) return fail(invalid(stored, done.error().message));
  if (own.changes() != 1) return fail(invalid(stored, "there is no such row"));
  return {};
}

/// Applies the difference of an event without `after` to `row`. Returns false unless it only sets
/// and removes whole fields of the row.
bool change(Json& row, const Json& difference) {
  const Json& updated = difference["updatedFields"];
  const Json& removed = difference["removedFields"];
  if (!updated.is_object() || !removed.is_array()) return false;
  for (const auto& [field, value] : updated.members()) row.set(field, value);
  for (const Json& field : removed.elements()) {
    Json rest = Json::object();
    for (const auto& [name, value] : row.members()) {
      if (name != field.text()) rest.set(name, value);
    }
    if (rest.size() == row.size()) return false;
    row = std::move(rest);
  }
  return true;
}

/// The row after an update: from the event, or made from the present row.
Result<std::string> row_after(Database& own, const StoredEvent& stored, const Json& data) {
  if (!data["after"].is_null()) return data["after"].dump();
  auto known = own.prepare("SELECT row FROM rows WHERE key = ?1");
  if (!known) return failed(known);
  known->bind_text(0, stored.event.partition_key);
  auto found = known->step();
  if (!found) return failed(found);
  if (!*found) return fail(invalid(stored, "there is no such row"));
  auto row = Json::parse(known->bytes(0));
  if (!row || !change(*row, data["detail"]["updateDescription"])) {
    return fail(invalid(stored, "no row, and no difference that can be applied"));
  }
  return row->dump();
}

/// Deletes the rows of a table, or all rows. A restated gap repeats them.
Result<void> forget(Database& own, const StoredEvent& stored) {
  const bool of_a_table = stored.event.type.text().find('.') != stored.event.type.text().rfind('.');
  auto rows = own.prepare("DELETE FROM rows WHERE ?1 = '' OR key LIKE ?1 || '/%'");
  if (!rows) return failed(rows);
  const std::string_view table = of_a_table ? stored.event.partition_key : std::string_view();
  return rows->bind_text(0, table).run();
}

Result<void> apply(Database& own, const StoredEvent& stored) {
  const auto data = Json::parse(stored.event.data);
  if (!data || !data->is_object()) return fail(invalid(stored, "no JSON"));
  const std::string before = (*data)["before"].dump();
  const std::string op((*data)["op"].text().value_or(""));
  if (op == "gap" && (*data)["gap"]["restated"] == true) return forget(own, stored);
  if (op == "insert" || op == "read") {
    return exactly_one(own, "INSERT INTO rows SELECT ?1, ?2 WHERE ?3 IS NOT NULL", stored,
                       (*data)["after"].dump(), op);
  }
  // Some sources do not know the row before.
  if (op == "update" || op == "replace") {
    auto after = row_after(own, stored, *data);
    if (!after) return failed(after);
    return exactly_one(own, "UPDATE rows SET row = ?3 WHERE key = ?1 AND ?2 IN (row, 'null')",
                       stored, before, *after);
  }
  if (op == "delete") {
    return exactly_one(own,
                       "DELETE FROM rows WHERE key = ?1 AND ?2 IN (row, 'null') AND ?3 IS NOT NULL",
                       stored, before, op);
  }
  return fail(invalid(stored, "unexpected operation"));
}

Result<void> apply_all(Database& own, const std::vector<StoredEvent>& events, Fault& fault) {
  return own.transaction("IMMEDIATE", [&]() -> Result<void> {
    for (const StoredEvent& event : events) {
      if (auto applied = apply(own, event); !applied) return applied;
    }
    auto moved =
        own.execute("UPDATE progress SET sequence = " + std::to_string(events.back().sequence) +
                    ", events = events + " + std::to_string(events.size()));
    fault.at("before_commit");
    return moved;
  });
}

Result<void> follow(Database& own, headwater::StreamReader& stream, const std::string& consumer,
                    Fault& fault) {
  auto range = stream.range();
  if (!range) return fail(std::move(range.error()));
  // Its own database decides where to continue, not the acknowledgement in the stream.
  auto sequence = own.integer("SELECT sequence FROM progress");
  if (!sequence) return fail(std::move(sequence.error()));
  auto at = static_cast<std::uint64_t>(*sequence);
  while (at < range->last) {
    auto events = stream.read(at + 1, batch, headwater::Milliseconds(0), {});
    if (!events) return fail(std::move(events.error()));
    if (events->empty()) break;
    if (auto done = apply_all(own, *events, fault); !done) return done;
    fault.at("after_commit");
    at = events->back().sequence;
    if (auto done = stream.acknowledge(consumer, at); !done) return done;
  }
  return {};
}

Result<void> materialize(const std::string& config, const std::string& database,
                         const std::string& consumer, Fault fault) {
  const headwater::SystemClock clock;
  auto relay = headwater::cli::configured_relay({.file = config, .relay = {}}, clock);
  if (!relay) return fail(std::move(relay.error()));
  auto stream = relay->stream->reader();
  if (!stream) return fail(std::move(stream.error()));
  if (auto known = (*stream)->acknowledge(consumer, 0); !known) return known;
  auto own = Database::open(database, headwater::sqlite::Open::create, Origin::usage);
  if (!own) return fail(std::move(own.error()));
  auto ready = own->execute(
      "CREATE TABLE IF NOT EXISTS rows(key TEXT PRIMARY KEY, row TEXT);"
      "CREATE TABLE IF NOT EXISTS progress(one INTEGER PRIMARY KEY CHECK (one = 1), sequence, "
      "events);"
      "INSERT OR IGNORE INTO progress VALUES (1, 0, 0)");
  if (!ready) return ready;
  return follow(*own, **stream, consumer, fault);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 6) return 2;
  Fault fault;
  if (argc == 6) fault = {.step = argv[4], .passing = std::strtoull(argv[5], nullptr, 10)};
  auto done = materialize(argv[1], argv[2], argv[3], fault);
  if (!done)
    std::fprintf(stderr, "%s: %s\n", done.error().name.c_str(), done.error().message.c_str());
  return done ? 0 : 1;
}
