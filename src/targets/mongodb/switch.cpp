#include "src/targets/mongodb/switch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/targets/shared/errors.h"

namespace headwater::target_mongodb {
namespace {

constexpr int namespace_not_found = 26;

Doc copied_by(const std::string& name) { return std::move(Doc().add("copy", name)); }

Result<void> rename_collection(Client& client, const std::string& from, const std::string& to) {
  Doc command;
  command.add("renameCollection", client.database() + "." + from)
      .add("to", client.database() + "." + to)
      .add("dropTarget", true);
  auto done = client.run(command, true);
  // Another process, or this one before it died, has renamed it.
  if (!done && !is_code(done.error(), namespace_not_found)) return failed(done);
  return {};
}

Result<void> drop_collection(Client& client, const std::string& collection) {
  auto done = client.run(Doc().add("drop", collection));
  if (!done && !is_code(done.error(), namespace_not_found)) return failed(done);
  return {};
}

struct Renamed {
  std::string from;
  std::string to;
  Doc entry;
};

/// The last step: places and catalog are those of the new copy.
Result<void> record(Client& client, const std::string& copy, const std::string& from,
                    const std::vector<Renamed>& renamed) {
  return client.transaction([&]() -> Result<void> {
    auto note = client.find(places, named(copy));
    if (!note) return failed(note);
    if (note->empty() || text_in(note->front(), "switch_from") != from) return {};
    auto built = client.find(places, named(from));
    if (!built) return failed(built);
    CopyPlace place = built->empty() ? CopyPlace() : place_in(built->front().get());
    place.generation = place_in(note->front().get()).generation;
    if (auto done = client.remove(tables, copied_by(copy), true); !done) return done;
    if (auto done = client.remove(tables, copied_by(from), true); !done) return done;
    for (const Renamed& each : renamed) {
      Doc entry;
      entry.add("_id", each.to)
          .add("copy", copy)
          .add("name", text_in(each.entry, "name"))
          .add("source", text_in(each.entry, "source"))
          .add("database", text_in(each.entry, "database"));
      if (auto done = client.replace(tables, named(each.to), entry); !done) return done;
    }
    if (auto done = client.remove(places, named(from), false); !done) return done;
    return client.replace(places, named(copy), document_of_place(copy, place));
  });
}

}  // namespace

std::string text_in(const Doc& document, const char* field) {
  return std::string(mongodb::find_text(document.get(), field).value_or(""));
}

Doc named(const std::string& name) { return std::move(Doc().add("_id", name)); }

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

CopyPlace place_in(const bson_t* document) {
  const auto number = [&](const char* field) {
    return static_cast<std::uint64_t>(mongodb::find_number(document, field).value_or(0));
  };
  const auto text = [&](const char* field) {
    return std::string(mongodb::find_text(document, field).value_or(""));
  };
  return {.stream = text("stream"),
          .sequence = number("sequence"),
          .event = text("event"),
          .options = text("options"),
          .generation = number("generation")};
}

Result<void> check_free(Client& client, const std::string& collection, const std::string& copy) {
  if (targets::is_of_catalog(collection)) return fail(targets::name_of_catalog(collection));
  auto owner = client.find(tables, named(collection));
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

Result<void> begin_switch(Client& client, const CopyName& from, const CopyName& to,
                          const CopyPlace& expected) {
  auto built = client.find(tables, copied_by(from.name));
  if (!built) return failed(built);
  // Afterwards nothing stops the switch, which drops what has the names.
  for (const Doc& entry : *built) {
    auto is_free = check_free(client, text_in(entry, "name") + to.suffix, to.name);
    if (!is_free) return is_free;
  }
  return client.transaction([&]() -> Result<void> {
    auto found = client.find(places, named(to.name));
    if (!found) return failed(found);
    const CopyPlace is = found->empty() ? CopyPlace() : place_in(found->front().get());
    if (!same_place(is, expected)) return fail(targets::conflict(to, is));
    CopyPlace next = expected;
    ++next.generation;
    Doc note = document_of_place(to.name, next);
    note.add("switch_from", from.name).add("switch_suffix", to.suffix);
    return client.replace(places, named(to.name), note);
  });
}

Result<void> finish_switch(Client& client, const std::string& copy) {
  auto note = client.find(places, named(copy));
  if (!note) return failed(note);
  const std::string from = note->empty() ? "" : text_in(note->front(), "switch_from");
  if (from.empty()) return {};
  auto built = client.find(tables, copied_by(from));
  auto old = client.find(tables, copied_by(copy));
  if (!built) return failed(built);
  if (!old) return failed(old);
  std::vector<Renamed> renamed;
  for (Doc& entry : *built) {
    std::string table = text_in(entry, "_id");
    std::string to = text_in(entry, "name") + text_in(note->front(), "switch_suffix");
    if (auto done = rename_collection(client, table, to); !done) return done;
    renamed.push_back({.from = std::move(table), .to = std::move(to), .entry = std::move(entry)});
  }
  for (const Doc& entry : *old) {
    const std::string table = text_in(entry, "_id");
    if (std::ranges::find(renamed, table, &Renamed::to) != renamed.end()) continue;
    if (auto gone = drop_collection(client, table); !gone) return gone;
  }
  return record(client, copy, from, renamed);
}

}  // namespace headwater::target_mongodb
