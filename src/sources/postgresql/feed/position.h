// A position of a PostgreSQL source. docs/formats/postgresql-position.md specifies its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/postgresql/feed/timelines.h"
#include "src/sources/postgresql/server/lsn.h"
#include "src/sources/shared/place.h"

namespace headwater::postgresql {

/// A change inside a transaction: its record in the write-ahead log, and which of the record's.
struct Record {
  Lsn lsn = 0;
  std::uint64_t ordinal = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero in it for a pointer.
  auto operator<=>(const Record&) const = default;
};

/// Where the log is.
struct Cursor {
  Timeline timeline = 0;
  /// The end of a transaction, or of what was looked through; inside a transaction, its commit
  /// record.
  Lsn lsn = 0;
  std::optional<Record> inside{};  ///< The last change returned of the transaction.

  bool operator==(const Cursor&) const = default;
};

struct PgPosition {
  std::string source;  ///< The database's identity.
  Cursor at;
  sources::Place place{};
};

/// What all positions of a source begin with.
[[nodiscard]] std::string head_of(std::string_view source);
[[nodiscard]] Position encode(std::string_view head, const Cursor& at, const sources::Place& place);
[[nodiscard]] Position encode(const PgPosition& position);
/// Fails with `source.bad_position`.
Result<PgPosition> decode(const Position& position);

}  // namespace headwater::postgresql
