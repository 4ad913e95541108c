#include "src/sources/postgresql/feed/wal_commits.h"

#include <algorithm>
#include <cstring>

namespace headwater::postgresql {
namespace {

// src/include/access/xlogrecord.h, rmgrlist.h and xact.h of PostgreSQL.
constexpr std::size_t page_address_at = 8;
constexpr std::size_t record_head = 24;
constexpr std::size_t previous_at = 8;
constexpr std::size_t info_at = 16;
constexpr std::size_t manager_at = 17;
constexpr unsigned switch_segment = 0x40;
constexpr unsigned transactions = 1;
constexpr unsigned operation_mask = 0x70;
constexpr unsigned commit = 0x00;
constexpr unsigned commit_prepared = 0x30;
constexpr unsigned has_info = 0x80;
constexpr std::uint32_t has_database = 1;
// Blocks of data in a record begin with their kind.
constexpr unsigned short_data = 255;
constexpr unsigned long_data = 254;
constexpr unsigned origin = 253;
constexpr unsigned top_transaction = 252;

// A longer one is not read.
constexpr std::size_t longest_record = std::size_t{16} << 20U;

/// A server of another byte order is unreadable, because then nothing else fits.
template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number = 0;
  if (at + sizeof number <= bytes.size()) std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

constexpr std::size_t aligned(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

bool is_switch(std::string_view record) {
  return byte_at(record, manager_at) == 0 && byte_at(record, info_at) == switch_segment;
}

/// A commit has no blocks of pages, only its own data.
std::string_view data_of(std::string_view record) {
  for (std::size_t at = record_head; at < record.size();) {
    switch (byte_at(record, at)) {
      case top_transaction:
        at += 5;
        break;
      case origin:
        at += 3;
        break;
      case short_data:
        return record.substr(std::min(at + 2, record.size()));
      case long_data:
        return record.substr(std::min(at + 5, record.size()));
      default:
        return {};
    }
  }
  return {};
}

}  // namespace

std::size_t WalCommits::header_size(Lsn page) const {
  return page % range_.segment_size == 0 ? first_page_header : page_header;
}

void WalCommits::add(std::string_view bytes) {
  while (!bytes.empty() && found_ == Found::nothing && !whole()) {
    if (bytes_at_ < record_at_) {
      const auto unused = std::min<std::size_t>(bytes.size(), record_at_ - bytes_at_);
      bytes.remove_prefix(unused);
      bytes_at_ += unused;
      continue;
    }
    if (bytes_at_ % log_page_size == 0) {
      take_header(bytes);
      continue;
    }
    const auto room =
        std::min<std::size_t>(bytes.size(), log_page_size - bytes_at_ % log_page_size);
    body_ += bytes.substr(0, room);
    bytes.remove_prefix(room);
    bytes_at_ += room;
    while (take_record()) {
    }
  }
}

void WalCommits::take_header(std::string_view& bytes) {
  const std::size_t size = header_size(bytes_at_);
  const std::size_t these = std::min(bytes.size(), size - header_.size());
  header_ += bytes.substr(0, these);
  bytes.remove_prefix(these);
  if (header_.size() < size) return;
  if (number_at<Lsn>(header_, page_address_at) != bytes_at_) found_ = Found::unreadable;
  bytes_at_ += size;
  header_.clear();
}

/// Each record names the one before. After a switch, the rest of the segment is empty.
bool WalCommits::take_record() {
  if (found_ != Found::nothing || whole() || body_.size() < record_head) return false;
  const auto size = number_at<std::uint32_t>(body_, 0);
  const Lsn begin = begin_after(record_at_);
  const bool follows = last_record_ == 0 || number_at<Lsn>(body_, previous_at) == last_record_;
  if (size < record_head || size > longest_record || !follows) {
    found_ = Found::unreadable;
    return false;
  }
  const std::size_t whole_size = aligned(size);
  if (body_.size() < whole_size) return false;
  if (is_our_commit(std::string_view(body_).substr(0, size))) found_ = Found::commit;
  last_record_ = begin;
  record_at_ = end_of(begin, whole_size);
  if (is_switch(body_)) {
    record_at_ += (range_.segment_size - record_at_ % range_.segment_size) % range_.segment_size;
    body_.clear();
  } else {
    body_.erase(0, whole_size);
  }
  return true;
}

/// With wal_level logical, each names its database.
bool WalCommits::is_our_commit(std::string_view record) const {
  if (byte_at(record, manager_at) != transactions) return false;
  const unsigned info = byte_at(record, info_at);
  const unsigned operation = info & operation_mask;
  if (operation != commit && operation != commit_prepared) return false;
  const std::string_view data = data_of(record);
  constexpr std::size_t flags_at = 8;
  constexpr std::size_t database_at = 12;
  const bool names_it =
      (info & has_info) != 0 && (number_at<std::uint32_t>(data, flags_at) & has_database) != 0;
  return !names_it || number_at<std::uint32_t>(data, database_at) == range_.database;
}

/// Where a record begins whose predecessor ended there.
Lsn WalCommits::begin_after(Lsn end) const {
  return end % log_page_size == 0 ? end + header_size(end) : end;
}

/// The place so many bytes of records after another.
Lsn WalCommits::end_of(Lsn begin, std::size_t bytes) const {
  for (;;) {
    const auto room = static_cast<std::size_t>(log_page_size - begin % log_page_size);
    if (bytes <= room) return begin + bytes;
    begin = begin_after(begin + room);
    bytes -= room;
  }
}

}  // namespace headwater::postgresql
