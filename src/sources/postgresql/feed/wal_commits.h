// Looks for commits in the write-ahead log itself, where no slot reaches any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/sources/postgresql/server/lsn.h"

namespace headwater::postgresql {

/// Reads the bytes of the log from one record's end up to another's. Holds one record at a time.
class WalCommits {
 public:
  struct Range {
    Lsn from = 0;
    Lsn to = 0;
    std::uint64_t segment_size = 0;
    std::uint32_t database = 0;  ///< Only its commits count.
  };
  enum class Found {
    nothing,     ///< So far.
    commit,      ///< A transaction that may have changed something.
    unreadable,  ///< This is not a log as PostgreSQL 14 to 17 writes it.
  };
  explicit WalCommits(const Range& range)
      : range_(range), bytes_at_(range.from), record_at_(range.from) {}

  /// What follows the bytes before.
  void add(std::string_view bytes);
  [[nodiscard]] Found found() const { return found_; }
  /// Whether everything before `to` was read.
  [[nodiscard]] bool whole() const { return record_at_ >= range_.to; }

 private:
  [[nodiscard]] std::size_t header_size(Lsn page) const;
  void take_header(std::string_view& bytes);
  /// False: it has not arrived yet, or nothing more is wanted.
  bool take_record();
  [[nodiscard]] bool is_our_commit(std::string_view record) const;
  [[nodiscard]] Lsn begin_after(Lsn end) const;
  [[nodiscard]] Lsn end_of(Lsn begin, std::size_t bytes) const;

  Range range_;
  Found found_ = Found::nothing;
  Lsn bytes_at_;        // where the next byte is from
  std::string header_;  // of the page that begins there
  std::string body_;    // without headers, from the next record on
  Lsn record_at_;
  Lsn last_record_ = 0;  // 0: there was none
};

}  // namespace headwater::postgresql
