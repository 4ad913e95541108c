#include "src/sources/shared/place.h"

#include <utility>

#include "src/event/json_text.h"

namespace headwater::sources {
namespace {

void append_request(std::string& to, const ReadRequest& request) {
  to += R"(,"request":{"tables":[)";
  for (const TableName& name : request.tables) {
    if (to.back() != '[') to += ',';
    to += '[';
    for (const std::string* part : {&name.database, &name.schema, &name.table}) {
      if (to.back() != '[') to += ',';
      append_json_name(to, *part);
    }
    to += ']';
  }
  to += ']';
  append_json_member(to, "id", request.id);
  if (!request.filter.empty()) append_json_member(to, "filter", request.filter);
  to += '}';
}

ReadRequest request_from(MemberReader request) {
  ReadRequest found{.id = request.text("id"), .tables = {}, .filter = {}};
  if (request.has("filter")) found.filter = request.text("filter");
  const Json& tables = request["tables"];
  for (const Json& name : tables.elements()) {
    const auto part = [&](std::size_t at) { return std::string(name[at].text().value_or("")); };
    found.tables.push_back({.database = part(0), .schema = part(1), .table = part(2)});
    if (name.elements().size() != 3 || found.tables.back().table.empty()) {
      request.reject("tables", "not lists of a database, a schema and a table");
    }
  }
  if (found.tables.empty()) request.reject("tables", "no list of tables");
  return found;
}

void append_overlap(std::string& to, const Overlap& overlap) {
  to += R"(,"overlap":{"until":)" + std::to_string(overlap.until.high);
  if (overlap.until.low != 0) to += R"(,"low":)" + std::to_string(overlap.until.low);
  append_json_member(to, "after", overlap.after);
  append_json_member(to, "sight", overlap.sight);
  to += '}';
}

Overlap overlap_from(MemberReader overlap) {
  return {.after = overlap.text("after"),
          .until = {.high = overlap.unsigned_integer("until"),
                    .low = overlap.has("low") ? overlap.unsigned_integer("low") : 0},
          .sight = overlap.text("sight")};
}

void append_snapshot(std::string& to, const TablePlace& place, std::string_view table_word) {
  to += R"(,"snapshot":{"done":)";
  to += std::to_string(place.done);
  append_json_member(to, "db", place.name.database);
  if (!place.name.schema.empty()) append_json_member(to, "schema", place.name.schema);
  append_json_member(to, table_word, place.name.table);
  append_json_member(to, "after", place.after);
  if (place.whole) to += R"(,"whole":true)";
  if (place.all_changes) to += R"(,"all":true)";
  if (place.request) append_request(to, *place.request);
  if (place.overlap) append_overlap(to, *place.overlap);
  if (place.rounds != 0) to += R"(,"rounds":)" + std::to_string(place.rounds);
  to += '}';
}

TablePlace snapshot_from(MemberReader place, std::string_view table_word) {
  std::optional<ReadRequest> request;
  if (place.has("request")) request = request_from(place.object("request"));
  std::optional<Overlap> overlap;
  if (place.has("overlap")) overlap = overlap_from(place.object("overlap"));
  return {.name = {.database = place.text("db"),
                   .schema = place.has("schema") ? place.text("schema") : std::string(),
                   .table = place.text(table_word)},
          .after = place.text("after"),
          .whole = place.has("whole") && place.boolean("whole"),
          .done = place.unsigned_integer("done"),
          .all_changes = place.has("all") && place.boolean("all"),
          .request = std::move(request),
          .overlap = std::move(overlap),
          .rounds = place.has("rounds") ? place.unsigned_integer("rounds") : 0};
}

}  // namespace

Place first_place(bool snapshot) {
  Place place;
  if (snapshot) place.snapshot.emplace();
  return place;
}

void append_place(std::string& to, const Place& place, std::string_view table_word) {
  if (place.snapshot) append_snapshot(to, *place.snapshot, table_word);
  if (!place.transaction) return;
  to += R"(,"txn":{"count":)";
  to += std::to_string(place.transaction->count);
  append_json_member(to, "id", place.transaction->id);
  to += '}';
}

Place place_from(MemberReader& position, std::string_view table_word) {
  Place place;
  if (position.has("snapshot"))
    place.snapshot = snapshot_from(position.object("snapshot"), table_word);
  if (position.has("txn")) {
    MemberReader transaction = position.object("txn");
    place.transaction = OpenTransaction{.id = transaction.text("id"),
                                        .count = transaction.unsigned_integer("count")};
  }
  return place;
}

}  // namespace headwater::sources
