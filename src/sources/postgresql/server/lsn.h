// Places in the write-ahead log, as PostgreSQL writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater::postgresql {

/// A place in the write-ahead log: bytes since its beginning.
using Lsn = std::uint64_t;

/// "0/16B3748".
[[nodiscard]] std::string text_of(Lsn lsn);
void append_text_of(std::string& to, Lsn lsn);
[[nodiscard]] std::optional<Lsn> lsn_from(std::string_view text);

/// Where the record before `lsn` ends. At the beginning of a page, PostgreSQL counts the page's
/// header to the place of the next record, but not to the end of the last.
[[nodiscard]] Lsn end_before(Lsn lsn, std::uint64_t segment_size);

}  // namespace headwater::postgresql
