#include "src/sources/postgresql/feed/transaction.h"

#include <chrono>

#include "src/sources/postgresql/server/lsn.h"

namespace headwater::postgresql {
namespace {

/// PostgreSQL counts microseconds from 2000.
WallTime time_of(std::int64_t microseconds) {
  constexpr std::chrono::sys_days epoch = std::chrono::year(2000) / 1 / 1;
  return std::chrono::floor<Milliseconds>(epoch + std::chrono::microseconds(microseconds));
}

}  // namespace

OpenTransaction::OpenTransaction(const pgoutput::Begin& begin, Timeline timeline)
    : begin_(begin),
      timeline_(timeline),
      id_(std::to_string(timeline) + ":" + text_of(begin.commit)),
      time_(time_of(begin.time)) {}

Record OpenTransaction::count(Lsn record) {
  last_ = {.lsn = record, .ordinal = record == last_.lsn ? last_.ordinal + 1 : 0};
  return last_;
}

void OpenTransaction::sign(Change& change, const Record& record) const {
  constexpr std::size_t usual = 32;
  change.id.reserve(id_.size() + usual);
  change.id = id_;
  change.id += ':';
  append_text_of(change.id, record.lsn);
  change.id += ':';
  change.id += std::to_string(record.ordinal);
  change.time = time_;
  change.transaction = Transaction{.id = id_};
}

}  // namespace headwater::postgresql
