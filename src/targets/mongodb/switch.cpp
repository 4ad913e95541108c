#include "src/targets/mongodb/switch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/targets/mongodb/catalog.h"
#include "src/targets/shared/errors.h"

namespace headwater::target_mongodb {
namespace {

constexpr int namespace_not_found = 26;

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

struct Renamed {
  std::string to;
  CopyTable table;
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
    CopyPlace place = place_in(*built);
    place.generation = place_in(*note).generation;
    if (auto done = client.remove(catalog, of_copy(copy), true); !done) return done;
    if (auto done = client.remove(catalog, of_copy(from), true); !done) return done;
    for (const Renamed& each : renamed) {
      auto done = client.replace(catalog, named(each.to), entry_of(each.to, copy, each.table));
      if (!done) return done;
    }
    if (auto done = client.remove(places, named(from), false); !done) return done;
    return client.replace(places, named(copy), document_of_place(copy, place));
  });
}

}  // namespace

Result<void> drop_collection(Client& client, const std::string& collection) {
  auto done = client.run(Doc().add("drop", collection));
  if (!done && !is_code(done.error(), namespace_not_found)) return failed(done);
  return {};
}

Result<void> begin_switch(Client& client, const CopyName& from, const CopyName& to,
                          const CopyPlace& expected) {
  auto built = client.find(catalog, of_copy(from.name));
  if (!built) return failed(built);
  // Afterwards nothing stops the switch, which drops what has the names.
  for (const Doc& entry : *built) {
    auto is_free = check_free(client, text_in(entry, "name") + to.suffix, to.name);
    if (!is_free) return is_free;
  }
  return client.transaction([&]() -> Result<void> {
    auto found = client.find(places, named(to.name));
    if (!found) return failed(found);
    const CopyPlace is = place_in(*found);
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
  auto built = client.find(catalog, of_copy(from));
  auto old = client.find(catalog, of_copy(copy));
  if (!built) return failed(built);
  if (!old) return failed(old);
  std::vector<Renamed> renamed;
  for (const Doc& entry : *built) {
    CopyTable table = table_in(entry);
    std::string to = table.name + text_in(note->front(), "switch_suffix");
    auto done = rename_collection(client, text_in(entry, "_id"), to);
    if (!done) return done;
    renamed.push_back({.to = std::move(to), .table = std::move(table)});
  }
  for (const Doc& entry : *old) {
    const std::string table = text_in(entry, "_id");
    if (std::ranges::find(renamed, table, &Renamed::to) != renamed.end()) continue;
    if (auto gone = drop_collection(client, table); !gone) return gone;
  }
  return record(client, copy, from, renamed);
}

}  // namespace headwater::target_mongodb
