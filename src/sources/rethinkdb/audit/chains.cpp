#include "src/sources/rethinkdb/audit/chains.h"

#include <algorithm>

#include "src/base/number_in.h"
#include "src/event/data_scan.h"
#include "src/event/json_scan.h"
#include "src/sources/shared/findings.h"

namespace headwater::rethinkdb {
namespace {

/// A member of the event's detail; 0: it has none.
std::uint64_t number_in_detail(const Event& event, std::string_view name) {
  const auto data = scan_data(event.data);
  const auto parts = data ? json_parts(data->detail) : std::nullopt;
  if (!parts) return 0;
  const auto found = std::ranges::find(*parts, name, &JsonPart::name);
  return found == parts->end() ? 0 : whole_number(found->value).value_or(0);
}

bool is_gap(const Event& event) { return event.type.operation() == "gap"; }

const char* words_for(Excuse excuse) {
  switch (excuse) {
    case Excuse::aged:
      return "perhaps older than what retention has left of the stream";
    case Excuse::gap:
      return "before a gap event, or what it is about";
    case Excuse::covered:
      return "of documents that were marked as deleted, perhaps before the snapshot came to them";
    case Excuse::written:
      return "of documents whose journal is gone: somebody wrote past the hook";
  }
  return "";
}

/// The document was purged after `last`, and inserted again.
bool begins_anew(const KeyState& last, const NextChange& next) {
  using Kind = NextChange::Kind;
  if (*next.version <= *last.version) return true;
  if (next.kind == Kind::insert) return next.version == 1U;
  const bool follows = *next.version == *last.version + 1;
  return follows && (last.removed || next.kind == Kind::end);
}

}  // namespace

Result<Chains> Chains::make(bool snapshot, bool scans) {
  auto ledger = KeyLedger::make();
  if (!ledger) return failed(ledger);
  return Chains(*std::move(ledger), snapshot, scans);
}

Result<void> Chains::add(const StoredEvent& stored, bool later) {
  const Event& event = stored.event;
  // A gap in one row has its change's id; any other belongs to no change.
  if (is_gap(event) && event.partition_key.find('/') == std::string::npos) {
    ++era_;
    return {};
  }
  const auto id = read_id(event.id);
  if (!id) {
    ++found_.unknown;
    sources::add_example(found_, event.id);
    return {};
  }
  auto fresh = ledger_.add_id(event.id);
  if (!fresh) return failed(fresh);
  if (!*fresh) {
    ++found_.repeated;
    sources::add_example(found_, event.id);
    return {};
  }
  if (id->kind != EventId::Kind::change) return add_row(event, *id);
  ++(later ? found_.pending : found_.published);
  return add_change(event, *id);
}

Result<void> Chains::add_change(const Event& event, const EventId& id) {
  const std::string_view operation = event.type.operation();
  const bool inserts = operation == "insert";
  NextChange next{.kind = inserts ? NextChange::Kind::insert : NextChange::Kind::change,
                  .version = number_in_detail(event, "version"),
                  .was_removed = inserts};
  if (next.version == 0U) next.version.reset();
  auto last = ledger_.find(id.exact_key);
  if (!last) return failed(last);
  if (*last && (*last)->era == era_ && id.number <= (*last)->number) {
    return add_late(event, id, next.version);
  }
  if (auto noted = note(missing(*last, next), id.exact_key, id.number); !noted) return noted;
  const bool removes = operation == "delete";
  // One that a scan has found has no version; the next one is the first of another document.
  if (removes && !next.version) next.version = 0;
  return ledger_.put(
      id.exact_key,
      {.number = id.number, .version = next.version, .removed = removes, .era = era_});
}

Result<void> Chains::add_late(const Event& event, const EventId& id,
                              std::optional<std::uint64_t> version) {
  ++found_.out_of_order;
  sources::add_example(found_, event.id);
  if (!version) return {};
  auto filled = ledger_.fill_hole(id.exact_key, *version, id.number);
  if (!filled) return failed(filled);
  return {};
}

/// A row has all changes up to its number. Only one that is read on request leaves none of them out of
/// the stream.
Result<void> Chains::add_row(const Event& event, const EventId& id) {
  KeyState row{.number = number_in_detail(event, "number"),
               .version = number_in_detail(event, "version"),
               .era = era_};
  auto last = ledger_.find(id.exact_key);
  if (!last) return failed(last);
  const bool follows = *last && (*last)->era == era_;
  if (is_gap(event)) {
    row.version.reset();
    row.number = follows ? (*last)->number : 0;
    return ledger_.put(id.exact_key, row);
  }
  if (follows && row.number < (*last)->number) {
    // Without a number it has lost its journal, which is not the stream's fault.
    if (row.number == 0) return {};
    ++found_.out_of_order;
    sources::add_example(found_, event.id);
    return {};
  }
  const bool adds = !follows || row.number > (*last)->number;
  if (id.kind == EventId::Kind::row_again && row.number != 0 && adds) {
    const NextChange end{.kind = NextChange::Kind::end, .version = *row.version + 1};
    auto noted = note(missing(*last, end), id.exact_key, row.number + 1);
    if (!noted) return noted;
  }
  return ledger_.put(id.exact_key, row);
}

std::optional<Excuse> Chains::excuse_for(const std::optional<KeyState>& last,
                                         bool was_removed) const {
  if (last && last->era == era_) return std::nullopt;
  if (era_ > 0) return Excuse::gap;
  if (aged_) return Excuse::aged;
  if (snapshot_ && was_removed) return Excuse::covered;
  return std::nullopt;
}

Missing Chains::missing(const std::optional<KeyState>& last, const NextChange& next) const {
  Missing missing{.excuse = excuse_for(last, next.was_removed)};
  if (!next.version || (last && !last->version)) return missing;
  const auto add = [&](std::uint64_t first, std::uint64_t past) {
    if (first < past) missing.ranges.emplace_back(first, past - 1);
  };
  const std::uint64_t before = last ? *last->version : 0;
  const bool follows = last && last->era == era_;
  if (!follows || !begins_anew(*last, next)) {
    add(before + 1, *next.version);
  } else {
    if (!last->removed && !scans_) add(before + 1, before + 2);
    add(1, *next.version);
  }
  return missing;
}

Result<void> Chains::note(const Missing& missing, std::string_view key, std::uint64_t below) {
  for (const auto& [first, last] : missing.ranges) {
    if (missing.excuse) {
      add_unproven(*missing.excuse, last - first + 1);
      continue;
    }
    auto added = ledger_.add_hole(
        {.exact_key = std::string(key), .first = first, .last = last, .below = below});
    if (!added) return added;
  }
  return {};
}

void Chains::add_lost(std::string example) {
  ++found_.lost;
  sources::add_example(found_, std::move(example));
}

Result<IdFindings> Chains::findings() {
  IdFindings found = found_;
  auto visited = ledger_.visit_holes([&](const Hole& hole) {
    found.lost += hole.last - hole.first + 1;
    constexpr std::uint64_t named = 10;
    for (std::uint64_t at = hole.first; at <= hole.last && at < hole.first + named; ++at) {
      sources::add_example(found, "version " + std::to_string(at) + " of " + hole.exact_key);
    }
  });
  if (!visited) return failed(visited);
  std::uint64_t most = 0;
  for (const auto& [excuse, count] : unproven_) {
    found.unproven += count;
    if (count <= most) continue;
    most = count;
    found.unproven_because = words_for(excuse);
  }
  found.committed = found.published + found.pending + found.lost + found.left_out + found.unproven;
  return found;
}

}  // namespace headwater::rethinkdb
