#include "src/cli/way.h"

#include <utility>

namespace headwater::cli {
namespace {

// For a source that needs a round trip to find that there is nothing.
constexpr Milliseconds short_wait{1'000};

struct Unread {
  std::optional<std::uint64_t> changes;
  std::string database;
};

Result<Unread> unread_after(Source& source, const Position& position) {
  if (auto opened = source.open(position); !opened) return failed(opened);
  constexpr ReadLimits a_look{.count = 1, .bytes = std::size_t{1} << 20U};
  auto batch = source.read(a_look, Milliseconds(0), {});
  const bool says_nothing = batch && batch->changes.empty() && !batch->current;
  if (says_nothing) batch = source.read(a_look, short_wait, {});
  if (!batch) return failed(batch);
  Unread unread;
  if (batch->backlog) {
    unread.changes = *batch->backlog + batch->changes.size();
  } else if (batch->current && batch->changes.empty()) {
    unread.changes = 0;
  }
  if (!batch->changes.empty()) unread.database = batch->changes.front().database;
  return unread;
}

// If the positions themselves do not show the order, the words may.
std::partial_ordering order_by(const std::string& words, const Position& from, bool broken) {
  if (words == "latest") return std::partial_ordering::less;
  if (words == "earliest" && from.empty()) return std::partial_ordering::equivalent;
  if (words == "earliest" && !broken) return std::partial_ordering::greater;
  return from.empty() ? std::partial_ordering::less : std::partial_ordering::unordered;
}

}  // namespace

Result<Way> way_between(const SourceAdapter& adapter, Source& source, const Position& from,
                        const Position& to, const std::string& words) {
  // Not an error: a position that can no longer be resumed is a frequent reason to move.
  const auto here = unread_after(source, from);
  const auto there = unread_after(source, to);
  if (!there) return fail(there.error());
  Way way{.order = adapter.order(from, to), .changes = {}, .broken = !here, .database = {}};
  way.database = here && !here->database.empty() ? here->database : there->database;
  if (here && here->changes && there->changes) {
    const bool forward = *here->changes >= *there->changes;
    way.order = *there->changes <=> *here->changes;
    way.changes = forward ? *here->changes - *there->changes : *there->changes - *here->changes;
  } else if (way.order == std::partial_ordering::unordered) {
    way.order = order_by(words, from, way.broken);
  }
  // Nothing is unread, so nothing can be skipped.
  if (here && here->changes == 0U && way.order == std::partial_ordering::less) way.changes = 0;
  return way;
}

}  // namespace headwater::cli
