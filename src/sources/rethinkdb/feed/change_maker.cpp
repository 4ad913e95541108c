#include "src/sources/rethinkdb/feed/change_maker.h"

#include <chrono>
#include <utility>

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

WallTime time_of(std::uint64_t number) {
  return WallTime(Milliseconds(static_cast<std::int64_t>(number)));
}

}  // namespace

std::string change_id(std::string_view exact_key, std::uint64_t number) {
  return std::to_string(number) + '-' + std::string(exact_key);
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
  return {.op = Op::read,
          .id = "read-" + std::string(snapshot) + '-' + std::string(exact_key),
          .database = table.database,
          .table = table.table,
          .time = time_of(document.number),
          .key = key_document(table, document.key, exact_key),
          .after = Document{.json = document.content}};
}

}  // namespace headwater::rethinkdb
