// The transaction whose changes are arriving.
#pragma once

#include <cstdint>
#include <string>

#include "src/event/change.h"
#include "src/pgoutput/messages.h"
#include "src/sources/postgresql/feed/position.h"

namespace headwater::postgresql {

class OpenTransaction {
 public:
  /// `timeline` owns its commit record.
  OpenTransaction(const pgoutput::Begin& begin, Timeline timeline);

  /// Counts a change of this record. Several come from one record if COPY wrote it, if a TRUNCATE
  /// has several tables, or if an UPDATE changes a key.
  Record count(Lsn record);
  /// Sets what the transaction knows of a change: id, time, transaction.
  void sign(Change& change, const Record& record) const;

  [[nodiscard]] Lsn commit() const { return begin_.commit; }
  [[nodiscard]] std::uint32_t xid() const { return begin_.xid; }
  [[nodiscard]] Timeline timeline() const { return timeline_; }

 private:
  pgoutput::Begin begin_;
  Timeline timeline_;
  std::string id_;
  WallTime time_;
  Record last_;
};

}  // namespace headwater::postgresql
