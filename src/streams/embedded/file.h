// The stream's file: creates, opens and recognizes it, and notices when it was replaced.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::embedded {

constexpr std::int64_t application_id = sqlite::stream_application_id;
constexpr std::int64_t file_version = 1;

/// Creates the file and its tables if there is none; returns true if it did. Blocks for a few
/// syncs.
Result<bool> create_file(const std::string& path);

/// Opens a file that create_file() created. Fails with `stream.not_prepared` (missing or empty),
/// `stream.other_application`, `stream.newer_version`. `mode` is not create.
Result<sqlite::Database> open_file(const std::string& path, sqlite::Open mode, Milliseconds busy);

/// A connection that is set up to append: durable on commit, in WAL mode, with bounded caches.
Result<sqlite::Database> open_for_append(const std::string& path, Milliseconds busy);

/// The stream's number. No other stream has the same one, not even a later one at the same path; a
/// copy does.
Result<std::int64_t> life_of(sqlite::Database& database);

/// Fails if the path no longer leads to the file that this connection has open, because nobody
/// would ever read what it writes.
Result<void> still_in_place(sqlite::Database& database);

/// The error with more details for a person, such as how full the disk is.
[[nodiscard]] Error explained(Error error, const std::string& path);

struct Usage {
  std::uint64_t page = 0;  ///< Bytes.
  std::uint64_t pages = 0;
  std::uint64_t free_pages = 0;  ///< Of those, free for the next events or to be returned.

  [[nodiscard]] std::uint64_t used_bytes() const { return (pages - free_pages) * page; }
  [[nodiscard]] std::uint64_t bytes() const { return pages * page; }
};

Result<Usage> usage(sqlite::Database& database);

}  // namespace headwater::embedded
