#include "src/targets/mongodb/catalog.h"

#include <cstdint>
#include <utility>

#include "src/targets/shared/errors.h"

namespace headwater::target_mongodb {

std::string text_in(const Doc& document, const char* field) {
  return std::string(mongodb::find_text(document.get(), field).value_or(""));
}

Doc named(const std::string& name) { return std::move(Doc().add("_id", name)); }
Doc of_copy(const std::string& name) { return std::move(Doc().add("copy", name)); }

Doc document_of_place(const std::string& copy, const CopyPlace& place) {
  Doc document;
  document.add("_id", copy)
      .add("stream", place.stream)
      .add("sequence", static_cast<std::int64_t>(place.sequence))
      .add("event", place.event)
      .add("options", place.options)
      .add("generation", static_cast<std::int64_t>(place.generation))
      .add("version", std::int32_t{1});
  return document;
}

CopyPlace place_in(const std::vector<Doc>& found) {
  if (found.empty()) return {};
  const Doc& document = found.front();
  const auto number = [&](const char* field) {
    return static_cast<std::uint64_t>(mongodb::find_number(document.get(), field).value_or(0));
  };
  return {.stream = text_in(document, "stream"),
          .sequence = number("sequence"),
          .event = text_in(document, "event"),
          .options = text_in(document, "options"),
          .generation = number("generation")};
}

Doc entry_of(const std::string& collection, const std::string& copy, const CopyTable& table) {
  Doc entry;
  entry.add("_id", collection)
      .add("copy", copy)
      .add("name", table.name)
      .add("source", table.source)
      .add("database", table.database);
  return entry;
}

CopyTable table_in(const Doc& entry) {
  return {.name = text_in(entry, "name"),
          .source = text_in(entry, "source"),
          .database = text_in(entry, "database")};
}

Result<void> check_free(Client& client, const std::string& collection, const std::string& copy) {
  if (targets::is_of_catalog(collection)) return fail(targets::name_of_catalog(collection));
  auto owner = client.find(catalog, named(collection));
  if (!owner) return failed(owner);
  const std::string has = owner->empty() ? "" : text_in(owner->front(), "copy");
  if (!has.empty() && has == copy) return {};
  if (!has.empty()) return fail(targets::table_taken(collection, "the copy " + has));
  Doc one;
  one.add("count", collection).add("limit", std::int32_t{1});
  auto rows = client.run(one);
  if (!rows) return failed(rows);
  if (mongodb::find_number(rows->get(), "n").value_or(0) > 0) {
    return fail(targets::table_not_empty(collection));
  }
  return {};
}

}  // namespace headwater::target_mongodb
