#include "src/verify/fold.h"

#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/event/data_scan.h"
#include "src/event/json_scan.h"
#include "src/event/short_key.h"
#include "src/event/unchanged.h"
#include "src/sqlite/scratch.h"

namespace headwater {
namespace {

std::int64_t fingerprint(std::string_view after) {
  return std::bit_cast<std::int64_t>(std::uint64_t{XXH3_64bits(after.data(), after.size())});
}

Error unreadable(const Event& event) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "event.unreadable",
               .message = "event " + event.id + " was not written by Headwater",
               .next = "compare it with docs/formats/event.md"};
}

/// The partition key of all events of a row has the hash of a long key, and a gap instead of an
/// event has nothing else.
std::optional<DataParts> parts_of(const Event& event) {
  auto data = scan_data(event.data);
  const std::string_view partition = event.partition_key;
  const auto slash = partition.find('/');
  if (data && slash != std::string_view::npos && is_hashed(partition.substr(slash + 1))) {
    data->key = partition.substr(slash + 1);
  }
  return data;
}

/// Binds the place to the first two parameters.
sqlite::Statement& at(sqlite::Statement& statement, const Scope& place) {
  return statement.bind_text(0, place.database).bind_text(1, place.table);
}

constexpr std::string_view every_database = "*";

bool keeps_rows(const Audit& audit) {
  return audit.tells_differences() || audit.leaves_out_unchanged();
}

}  // namespace

Scope scope_of(const Event& event) { return {event.type.database(), event.type.full_table()}; }

Fold::Fold(sqlite::Database database, Parts parts, const Audit& audit)
    : database_(std::make_unique<sqlite::Database>(std::move(database))),
      parts_(std::move(parts)),
      audit_(&audit),
      keeps_(keeps_rows(audit)) {}

Result<Fold> Fold::make(const Audit& audit) {
  // Without documents the rows are small enough to live in the index itself.
  const char* const kind = keeps_rows(audit) ? "" : " WITHOUT ROWID";
  auto database = sqlite::scratch_database(
      std::string("CREATE TABLE fold(db TEXT, tab TEXT, key BLOB, print INTEGER, sequence INTEGER,"
                  "  met INTEGER, made INTEGER, document BLOB, PRIMARY KEY (db, tab, key))") +
          kind,
      Origin::usage);
  if (!database) return failed(database);
  Parts parts;
  auto prepared = sqlite::prepare_all(
      *database,
      {{&parts.put,
        "INSERT INTO fold VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT DO UPDATE SET print = ?4, sequence = ?5, made = ?7, document = ?8"},
       {&parts.erase, "DELETE FROM fold WHERE db = ?1 AND tab = ?2 AND key = ?3"},
       {&parts.clear_table, "DELETE FROM fold WHERE db = ?1 AND tab = ?2"},
       {&parts.clear_database, "DELETE FROM fold WHERE db = ?1"},
       {&parts.clear_all, "DELETE FROM fold"},
       {&parts.move, "UPDATE fold SET tab = ?3, met = met OR ?4 WHERE db = ?1 AND tab = ?2"},
       {&parts.document, "SELECT document FROM fold WHERE db = ?1 AND tab = ?2 AND key = ?3"},
       {&parts.get,
        "SELECT print, sequence, made, document FROM fold WHERE db = ?1 AND tab = ?2 AND key = ?3"},
       {&parts.mark, "UPDATE fold SET met = 1 WHERE db = ?1 AND tab = ?2 AND key = ?3"},
       {&parts.rest, "SELECT db, tab, key, sequence FROM fold WHERE met = 0"}});
  if (!prepared) return failed(prepared);
  return Fold(std::move(*database), std::move(parts), audit);
}

/// A single database is identified by its tables' names, because its own name may change (a moved
/// file).
Scope Fold::place_of(const Event& event) const {
  Scope place = scope_of(event);
  if (!audit_->several_databases()) place.database.clear();
  return place;
}

Result<void> Fold::apply(const Event& event, std::uint64_t sequence) {
  const auto data = parts_of(event);
  if (!data) return fail(unreadable(event));
  const Scope place = place_of(event);
  const std::string_view op = data->op;
  const Erased erased = std::exchange(erased_, {});
  if (op == "insert" || op == "update" || op == "replace" || op == "read") {
    return set_row(place, *data, sequence, erased);
  }
  if (op == "delete") {
    if (audit_->leaves_out_unchanged()) {
      auto former = kept(place, data->key);
      if (!former) return failed(former);
      erased_ = {.place = place, .document = *std::move(former)};
    }
    at(parts_.erase, place).bind_blob(2, data->key);
    return parts_.erase.run();
  }
  if (op == "gap") return gap(event, *data, sequence);
  if (op == "drop" || op == "truncate" || op == "dropDatabase") {
    return clear(place, event.type.whole_database());
  }
  if (op == "rename") return rename(place, json_unescaped(data->to));
  // Other operations of a database do not change a row.
  return {};
}

/// The row of the last event, if it is kept and known.
Result<std::optional<std::string>> Fold::kept(const Scope& place, std::string_view key) {
  at(parts_.document, place).bind_blob(2, key);
  auto row = parts_.document.step();
  if (!row) return failed(row);
  std::optional<std::string> document;
  if (*row && !parts_.document.is_null(0)) document = parts_.document.bytes(0);
  parts_.document.reset();
  return document;
}

/// `erased`: the row that the event before removed. If this is the same row under a new key, it has
/// the values that the update left alone.
Result<void> Fold::set_row(const Scope& place, const DataParts& data, std::uint64_t sequence,
                           const Erased& erased) {
  // Nothing says which row it is.
  if (!data.has_key()) return {};
  if (data.has_after() && !(audit_->leaves_out_unchanged() && leaves_out_unchanged(data.after))) {
    return put(
        place, data.key, sequence,
        {.print = fingerprint(data.after), .document = keeps_ ? data.after : std::string_view()});
  }
  const bool is_update = data.op == "update";
  if (!keeps_ || !(is_update || data.has_after())) return put(place, data.key, sequence, {});
  auto former = is_update               ? kept(place, data.key)
                : erased.place == place ? Result<std::optional<std::string>>(erased.document)
                                        : std::optional<std::string>();
  if (!former) return failed(former);
  if (!*former) return put(place, data.key, sequence, {});
  if (data.has_after()) {
    const auto whole = with_unchanged(data.after, **former);
    if (!whole) return put(place, data.key, sequence, {});
    return put(place, data.key, sequence, {.print = fingerprint(*whole), .document = *whole});
  }
  const auto document = audit_->applied(**former, data.detail);
  if (!document) return put(place, data.key, sequence, {});
  return put(place, data.key, sequence,
             {.print = fingerprint(sorted_json(*document)), .made = true, .document = *document});
}

Result<void> Fold::put(const Scope& place, std::string_view key, std::uint64_t sequence,
                       const Content& content) {
  at(parts_.put, place)
      .bind_blob(2, key)
      .bind(4, static_cast<std::int64_t>(sequence))
      .bind(5, std::int64_t{pending_ ? 1 : 0})
      .bind(6, std::int64_t{content.made ? 1 : 0});
  if (content.print) {
    parts_.put.bind(3, *content.print);
  } else {
    parts_.put.bind_null(3);
  }
  if (content.document.empty()) {
    parts_.put.bind_null(7);
  } else {
    parts_.put.bind_blob(7, content.document);
  }
  return parts_.put.run();
}

Result<void> Fold::gap(const Event& event, const DataParts& data, std::uint64_t sequence) {
  const Scope place = place_of(event);
  if (data.gap.find(R"("restated":true)") != std::string_view::npos) {
    return clear(place, event.type.whole_database());
  }
  if (!data.has_key()) return {};
  // One change to one row is missing, and whether the row still exists is unknown.
  if (auto done = put(place, data.key, sequence, {}); !done) return done;
  return mark(place, data.key);
}

Result<void> Fold::clear(const Scope& place, bool whole) {
  std::erase_if(from_outside_, [&](const Scope& table) {
    return whole ? place.database.empty() || table.database == place.database : table == place;
  });
  if (!whole) return at(parts_.clear_table, place).run();
  if (place.database.empty() || place.database == every_database) return parts_.clear_all.run();
  return parts_.clear_database.bind_text(0, place.database).run();
}

Result<void> Fold::rename(const Scope& from, const std::string& to_name) {
  const Scope to{from.database, to_name};
  if (auto cleared = clear(to, false); !cleared) return cleared;
  if (!audit_->covers(to.database, to.table)) return clear(from, false);
  if (!audit_->covers(from.database, from.table) || from_outside_.erase(from) > 0) {
    from_outside_.insert(to);
  }
  // During the comparison of rows, the new name may have been compared already.
  at(parts_.move, from).bind_text(2, to.table).bind(3, std::int64_t{pending_ ? 1 : 0});
  return parts_.move.run();
}

Result<void> Fold::mark(const Scope& place, std::string_view key) {
  at(parts_.mark, place).bind_blob(2, key);
  return parts_.mark.run();
}

Result<Fold::Match> Fold::meet(const Event& event) {
  const auto data = parts_of(event);
  if (!data) return fail(unreadable(event));
  const Scope place = place_of(event);
  at(parts_.get, place).bind_blob(2, data->key);
  auto row = parts_.get.step();
  if (!row) return failed(row);
  if (!*row) return Match{};
  Match match{.found = true,
              .known = !parts_.get.is_null(0),
              .sequence = static_cast<std::uint64_t>(parts_.get.integer(1))};
  const bool made = parts_.get.integer(2) != 0;
  match.equal =
      match.known && parts_.get.integer(0) ==
                         (made ? fingerprint(sorted_json(data->after)) : fingerprint(data->after));
  match.made = made;
  if (keeps_ && match.known && !match.equal) match.document = std::string(parts_.get.bytes(3));
  parts_.get.reset();
  if (auto marked = mark(place, data->key); !marked) return failed(marked);
  return match;
}

bool Fold::came_from_outside(Scope table) const {
  if (!audit_->several_databases()) table.database.clear();
  return from_outside_.contains(table);
}

Result<void> Fold::unmet(
    const std::function<void(const Scope&, std::string_view, std::uint64_t)>& take) {
  for (;;) {
    auto row = parts_.rest.step();
    if (!row) return failed(row);
    if (!*row) return {};
    take(
        {.database = std::string(parts_.rest.bytes(0)), .table = std::string(parts_.rest.bytes(1))},
        parts_.rest.bytes(2), static_cast<std::uint64_t>(parts_.rest.integer(3)));
  }
}

}  // namespace headwater
