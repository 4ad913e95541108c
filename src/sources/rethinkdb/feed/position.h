// The position of this source. docs/formats/rethinkdb-position.md specifies it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/event/position.h"

namespace headwater::rethinkdb {

/// Stands for a document's change and all before it: 16 letters of base64, made from the key and the
/// number. No two changes have the same, as far as SHA-256 goes.
using Word = std::string;
inline constexpr std::size_t word_size = 16;
[[nodiscard]] Word word_for(std::string_view exact_key, std::uint64_t number);

/// A snapshot in progress.
struct Walk {
  std::string id{};  ///< Distinguishes its rows' ids from those of other snapshots.
  std::optional<std::string> after{};  ///< Key (JSON) of the last row returned; nothing: none yet.
  std::uint64_t done = 0;              ///< Rows returned.
  bool again = false;                  ///< On request: the rows have been published before.

  bool operator==(const Walk&) const = default;
};

/// RethinkDB has no log, so a position says what of the documents' journals is in the stream.
struct RethinkPosition {
  std::string table{};
  std::string journal{};
  std::uint64_t released = 0;     ///< Registration::released when it was made.
  std::uint64_t told = 0;         ///< How many changes and rows the stream has had up to here.
  std::vector<Word> published{};  ///< In the stream, and perhaps still in the journal.
  std::uint64_t until = 0;        ///< None of the numbers in `published` is larger.
  std::uint64_t skipped = 0;      ///< Pending changes up to this number are not published; 0: none.
  std::optional<Walk> snapshot{};

  bool operator==(const RethinkPosition&) const = default;
};

[[nodiscard]] Position encode(const RethinkPosition& position);
/// Fails with stop, `source.bad_position`.
Result<RethinkPosition> decode(const Position& position);

}  // namespace headwater::rethinkdb
