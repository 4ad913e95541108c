#include "src/sources/rethinkdb/journal_table/entry.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "src/event/json_scan.h"
#include "src/json/json.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/journal/document.h"

namespace headwater::rethinkdb {
namespace {

Error bad_entry(std::string_view json, const std::string& why) {
  constexpr std::size_t longest = 200;
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_journal",
          .message = "the journal has an entry that cannot be read: " + why + ": " +
                     std::string(json.substr(0, longest)),
          .next = "write entries as docs/rethinkdb.md says, and correct this one"};
}

std::optional<Op> op_in(const Json& word) {
  if (word.text() == "insert") return Op::insert;
  if (word.text() == "update") return Op::update;
  if (word.text() == "delete") return Op::remove;
  return std::nullopt;
}

/// {"$reql_type$":"TIME","epoch_time":SECONDS,…}
WallTime time_in(const Json& time) {
  const double seconds = time["epoch_time"].real().value_or(
      static_cast<double>(time["epoch_time"].integer().value_or(0)));
  return WallTime(Milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

}  // namespace

Result<JournalEntry> numbered_entry(std::string_view json) {
  const auto parts = json_parts(json);
  if (!parts || !json.starts_with('{')) return fail(bad_entry(json, "it is not an object"));
  const auto number = std::ranges::find(*parts, "id", &JsonPart::name);
  JournalEntry entry{.stamp = word_for(json, 0)};
  if (number != parts->end()) {
    entry.number = Json::parse(number->value).value_or(Json()).unsigned_integer().value_or(0);
  }
  if (entry.number == 0) return fail(bad_entry(json, "`id` is not a number from 1 on"));
  return entry;
}

Result<JournalEntry> journal_entry(std::string_view json) {
  auto entry = numbered_entry(json);
  if (!entry) return entry;
  const auto parts = json_parts(json);
  std::optional<Op> op;
  for (const JsonPart& part : *parts) {
    if (part.name == "op") op = op_in(Json::parse(part.value).value_or(Json()));
    if (part.name == "table")
      entry->table = Json::parse(part.value).value_or(Json()).text().value_or("");
    if (part.name == "at") entry->at = time_in(Json::parse(part.value).value_or(Json()));
    if (part.name == "key") entry->key = part.value;
    if (part.name == "doc" && part.value != "null") entry->document = part.value;
  }
  if (!op) return fail(bad_entry(json, "`op` is not insert, update or delete"));
  entry->op = *op;
  if (entry->table.empty()) return fail(bad_entry(json, "it has no `table`"));
  if (entry->key.empty() || entry->key == "null") return fail(bad_entry(json, "it has no `key`"));
  const bool may_lack_document = *op == Op::remove && entry->document.empty();
  if (!entry->document.starts_with('{') && !may_lack_document) {
    return fail(bad_entry(json, "`doc` is not a document"));
  }
  return entry;
}

Change change_of(const std::string& database, JournalEntry entry) {
  Change change{
      .op = entry.op,
      .id = std::to_string(entry.number),
      .database = database,
      .table = std::move(entry.table),
      .time = entry.at,
      .key = Document{.json = R"({"id":)" + entry.key + '}', .exact_key = exact_key(entry.key)}};
  auto& image = entry.op == Op::remove ? change.before : change.after;
  if (!entry.document.empty()) image = Document{.json = std::move(entry.document)};
  return change;
}

}  // namespace headwater::rethinkdb
