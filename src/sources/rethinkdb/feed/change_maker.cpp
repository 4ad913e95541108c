#include "src/sources/rethinkdb/feed/change_maker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/json_text.h"

namespace headwater::rethinkdb {
namespace {

Document key_document(const TableNames& table, const std::string& key, std::string_view exact_key) {
  std::string json = "{";
  append_json_name(json, table.primary_key);
  json += ':';
  json += key;
  json += '}';
  return {.json = std::move(json), .exact_key = std::string(exact_key)};
}

constexpr std::string_view row_prefix = "read-";
/// Of a journal's name, a uuid. A snapshot on request has a name of 16 letters (request_id()).
constexpr std::size_t shown = 8;

/// Up to the next '-', which is taken, too.
std::string_view part_of(std::string_view& id) {
  const std::size_t end = std::min(id.find('-'), id.size());
  const std::string_view part = id.substr(0, end);
  id.remove_prefix(std::min(end + 1, id.size()));
  return part;
}

WallTime time_of(std::uint64_t number) {
  return WallTime(Milliseconds(static_cast<std::int64_t>(number)));
}

}  // namespace

std::string change_id(std::string_view exact_key, std::uint64_t number) {
  return std::to_string(number) + '-' + std::string(exact_key);
}

std::string first_snapshot_id(std::string_view journal, std::uint64_t released) {
  return std::string(journal.substr(0, shown)) + '-' + std::to_string(released);
}

std::optional<EventId> read_id(std::string_view id) {
  if (!id.starts_with(row_prefix)) {
    const auto number = whole_number(part_of(id));
    if (!number || id.empty()) return std::nullopt;
    return EventId{.kind = EventId::Kind::change, .exact_key = id, .number = *number};
  }
  id.remove_prefix(row_prefix.size());
  const bool is_first = part_of(id).size() == shown;
  if (is_first && !whole_number(part_of(id))) return std::nullopt;
  if (id.empty()) return std::nullopt;
  return EventId{.kind = is_first ? EventId::Kind::row : EventId::Kind::row_again, .exact_key = id};
}

Change change_of(const TableNames& table, const std::string& key, std::string_view exact_key,
                 Pending pending) {
  Change change{.op = pending.op,
                .id = change_id(exact_key, pending.number),
                .database = table.database,
                .table = table.table,
                .time = time_of(pending.number),
                .key = key_document(table, key, exact_key),
                .detail = R"({"version":)" + std::to_string(pending.version) + '}'};
  auto& image = pending.op == Op::remove ? change.before : change.after;
  image = Document{.json = std::move(pending.content)};
  return change;
}

Change removed_change(const TableNames& table, const Taken& removed, std::string_view exact_key,
                      std::uint64_t now_ms) {
  return {.op = Op::remove,
          .id = change_id(exact_key, removed.number),
          .database = table.database,
          .table = table.table,
          .time = time_of(now_ms),
          .key = key_document(table, removed.key, exact_key),
          .detail = R"({"found":"scan"})"};
}

Change row_of(const TableNames& table, const JournaledDocument& document,
              std::string_view exact_key, std::string_view snapshot) {
  Change row{.op = Op::read,
             .id = std::string(row_prefix) + std::string(snapshot) + '-' + std::string(exact_key),
             .database = table.database,
             .table = table.table,
             .time = time_of(document.number),
             .key = key_document(table, document.key, exact_key),
             .after = Document{.json = document.content}};
  if (document.number != 0) {
    row.detail = R"({"number":)" + std::to_string(document.number) + R"(,"version":)" +
                 std::to_string(document.version) + '}';
  }
  return row;
}

}  // namespace headwater::rethinkdb
