#include "src/sources/shared/place.h"

#include "src/event/json_text.h"

namespace headwater::sources {
namespace {

void append_snapshot(std::string& to, const TablePlace& place, std::string_view table_word) {
  to += R"(,"snapshot":{"done":)";
  to += std::to_string(place.done);
  append_json_member(to, "db", place.name.database);
  if (!place.name.schema.empty()) append_json_member(to, "schema", place.name.schema);
  append_json_member(to, table_word, place.name.table);
  append_json_member(to, "after", place.after);
  if (place.whole) to += R"(,"whole":true)";
  if (place.all_changes) to += R"(,"all":true)";
  to += '}';
}

TablePlace snapshot_from(MemberReader place, std::string_view table_word) {
  return {.name = {.database = place.text("db"),
                   .schema = place.has("schema") ? place.text("schema") : std::string(),
                   .table = place.text(table_word)},
          .after = place.text("after"),
          .whole = place.has("whole") && place.boolean("whole"),
          .done = place.unsigned_integer("done"),
          .all_changes = place.has("all") && place.boolean("all")};
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
