// Decoded messages become changes.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/pgoutput/messages.h"
#include "src/sources/postgresql/feed/shapes.h"

namespace headwater::postgresql {

/// One thread.
class ChangeMaker {
 public:
  /// `shapes` must outlive it.
  explicit ChangeMaker(const Shapes& shapes) : shapes_(&shapes) {}

  void set_database(std::string name) { database_ = std::move(name); }

  /// Appends the changes of one message, without id, time, transaction and position: none, one, one
  /// for each table of a TRUNCATE, or a delete and an insert for an UPDATE of the key. Fails with
  /// `source.bad_message` for a table that was not described.
  Result<void> add(const pgoutput::Insert& insert, std::vector<Change>& to) const;
  Result<void> add(const pgoutput::Update& update, std::vector<Change>& to) const;
  Result<void> add(const pgoutput::Delete& remove, std::vector<Change>& to) const;
  Result<void> add(const pgoutput::Truncate& truncate, std::vector<Change>& to) const;
  Result<void> add(const pgoutput::LogMessage& message, std::vector<Change>& to) const;

 private:
  Result<const Shape*> shape(pgoutput::Oid relation, std::size_t columns) const;
  Change& begin(Op op, const Shape& shape, std::vector<Change>& in) const;

  const Shapes* shapes_;
  std::string database_;
};

/// The key columns of a row; nullopt if the table has no key.
[[nodiscard]] std::optional<Row> key_of(const Shape& shape, const std::vector<Value>& row);

}  // namespace headwater::postgresql
