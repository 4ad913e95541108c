// Places in the write-ahead log, as PostgreSQL writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater::postgresql {

/// A place in the write-ahead log: bytes since its beginning.
using Lsn = std::uint64_t;

// Of the log: xlog_internal.h, SizeOfXLogShortPHD and SizeOfXLogLongPHD.
constexpr Lsn log_page_size = 8'192;
constexpr Lsn page_header = 24;
constexpr Lsn first_page_header = 40;  ///< Of a segment.

/// "0/16B3748".
[[nodiscard]] std::string text_of(Lsn lsn);
void append_text_of(std::string& to, Lsn lsn);
[[nodiscard]] std::optional<Lsn> lsn_from(std::string_view text);

/// Where the record before `lsn` ends. At the beginning of a page, PostgreSQL counts the page's
/// header to the place of the next record, but not to the end of the last.
[[nodiscard]] Lsn end_before(Lsn lsn, std::uint64_t segment_size);

}  // namespace headwater::postgresql
