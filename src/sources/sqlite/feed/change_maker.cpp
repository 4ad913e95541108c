#include "src/sources/sqlite/feed/change_maker.h"

#include <utility>

#include "src/event/short_key.h"
#include "src/sources/sqlite/feed/ids.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

WallTime time_of(std::int64_t milliseconds) { return WallTime(Milliseconds(milliseconds)); }

}  // namespace

std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) return text->bytes;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  return {};
}

Error ChangeMaker::too_large(const std::string& table, std::span<const Value> key,
                             std::uint64_t size) const {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.change_too_large",
          .message = "a change of table " + table + ", key " + in_few_bytes(key_text(key)) +
                     ", has " + std::to_string(size) +
                     " bytes or more; the limit (max_change) is " +
                     std::to_string(scope_->max_change),
          .next =
              "raise max_change of the source in the configuration, or set on_large_change: gap to "
              "publish a gap event instead"};
}

Change ChangeMaker::change_of(LogRow& row) const {
  Change change;
  change.op = Op::gap;
  change.id = change_id(scope_->uuid, row.seq);
  change.database = scope_->database;
  if (row.shape != nullptr) change.table = row.shape->table;
  change.time = time_of(row.time);
  if (!row.can_be_told()) {
    leave_gap(change, TableRow{.columns = row.shape->key_columns, .values = std::move(row.key)},
              row.size);
    return change;
  }
  const auto image = [&](std::vector<Value>& values) {
    return row_of(*row.shape, std::move(values));
  };
  // A change that is too large has the new state of the row, not the old one.
  const auto image_before = [&]() -> std::optional<Row> {
    if (row.too_large) return std::nullopt;
    return image(row.before);
  };
  switch (row.op) {
    case LogOp::insert:
      change.op = Op::insert;
      change.key =
          TableRow{.columns = row.shape->key_columns, .values = key_of(*row.shape, row.after)};
      change.after = image(row.after);
      break;
    case LogOp::update:
      change.op = Op::update;
      change.key =
          TableRow{.columns = row.shape->key_columns, .values = key_of(*row.shape, row.after)};
      change.before = image_before();
      change.after = image(row.after);
      break;
    case LogOp::remove:
      change.op = Op::remove;
      change.key = TableRow{.columns = row.shape->key_columns,
                            .values = row.too_large ? row.key : key_of(*row.shape, row.before)};
      change.before = image_before();
      break;
    case LogOp::drop:
      change.op = Op::drop;
      break;
    case LogOp::gap:
      change.gap = Gap{.reason = text_of(row.said[0]),
                       .from = text_of(row.said[1]),
                       .to = text_of(row.said[2]),
                       .restated = row.said[3] == Value(std::int64_t{1})};
      break;
  }
  return change;
}

void ChangeMaker::leave_gap(Change& change, Row key, std::uint64_t size) const {
  change.op = Op::gap;
  change.key = std::move(key);
  change.gap = Gap{.reason = "a change of " + std::to_string(size) +
                             " bytes or more is larger than max_change (" +
                             std::to_string(scope_->max_change) + ")",
                   .from = change.id,
                   .to = change.id,
                   .restated = false};
}

Change ChangeMaker::bare_read(const SnapshotTask& task, std::vector<Value> key) const {
  Change change;
  change.op = Op::read;
  const auto request = task.requested ? std::optional(task.number) : std::nullopt;
  change.id = read_id(scope_->uuid, task.at, task.shape->id, request, task.shape->table, key);
  change.database = scope_->database;
  change.table = task.shape->table;
  change.time = time_of(task.time);
  change.key = TableRow{.columns = task.shape->key_columns, .values = std::move(key)};
  return change;
}

Change ChangeMaker::read_of(const SnapshotTask& task, std::vector<Value> image) const {
  Change change = bare_read(task, key_of(*task.shape, image));
  change.after = row_of(*task.shape, std::move(image));
  return change;
}

Change ChangeMaker::large_read(const SnapshotTask& task, std::vector<Value> key,
                               std::uint64_t size) const {
  Change change = bare_read(task, std::move(key));
  Row row = *std::move(change.key);
  leave_gap(change, std::move(row), size);
  return change;
}

}  // namespace headwater::sqlite
