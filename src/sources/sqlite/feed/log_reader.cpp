#include "src/sources/sqlite/feed/log_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "src/sources/sqlite/feed/size_guard.h"

namespace headwater::sqlite {
namespace {

constexpr const char* log_table = "_headwater_log";
constexpr int first_value = 4;  // after seq, shape, op, time

int images_of(LogOp op) {
  switch (op) {
    case LogOp::insert:
    case LogOp::remove:
      return 1;
    case LogOp::update:
      return 2;
    case LogOp::drop:
    case LogOp::gap:
      break;
  }
  return 0;
}

Result<LogOp> op_of(std::int64_t number, std::int64_t seq, const std::string& path) {
  switch (number) {
    case 1:
      return LogOp::insert;
    case 2:
      return LogOp::update;
    case 3:
      return LogOp::remove;
    case 5:
      return LogOp::drop;
    case 6:
      return LogOp::gap;
    default:
      return fail({.remedy = Remedy::stop,
                   .origin = Origin::source,
                   .name = "source.bad_log",
                   .message = path + ": row " + std::to_string(seq) +
                              " of _headwater_log has the unknown op " + std::to_string(number),
                   .next = "a newer headwater may have written it: install that version"});
  }
}

/// For a row whose size is only known after reading: many values, each within the unmeasured limit.
void leave_out_what_is_too_large(LogRow& row, std::uint64_t most) {
  if (row.shape == nullptr || images_of(row.op) == 0) return;
  row.key = key_of(*row.shape, row.op == LogOp::insert ? row.after : row.before);
  row.too_large = true;
  row.hash.reset();
  row.before.clear();
  std::uint64_t size = 0;
  for (const Value& value : row.after) size += size_of(value);
  if (row.op != LogOp::update || size > most) row.after.clear();
}

struct CloseBlob {
  void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
};

/// Bytes of one value, without loading it.
std::uint64_t measure_value(sqlite3* database, std::int64_t seq, int index) {
  sqlite3_blob* handle = nullptr;
  const std::string column = "v" + std::to_string(index);
  const int code = sqlite3_blob_open(database, "main", log_table, column.c_str(), seq, 0, &handle);
  const std::unique_ptr<sqlite3_blob, CloseBlob> blob(handle);
  // Neither text nor blob: a number or NULL.
  if (code != SQLITE_OK) return sizeof(std::int64_t);
  return static_cast<std::uint64_t>(sqlite3_blob_bytes(blob.get()));
}

}  // namespace

Result<LogReader> LogReader::on(Database& database, ShapeBook& shapes, std::uint64_t max_change) {
  Parts parts;
  const auto prepare = [&](Statement& to, const char* sql) -> Result<void> {
    auto statement = database.prepare(sql);
    if (!statement) return failed(statement);
    to = std::move(*statement);
    return {};
  };
  for (auto&& made :
       {prepare(parts.head, "SELECT max(seq) FROM _headwater_log"),
        prepare(parts.least, "SELECT min(seq) FROM _headwater_log"),
        prepare(parts.rows, "SELECT * FROM _headwater_log WHERE seq > ? ORDER BY seq"),
        prepare(parts.one, "SELECT * FROM _headwater_log WHERE seq = ?"),
        prepare(parts.what,
                "SELECT seq, shape, op, time FROM _headwater_log WHERE seq > ? "
                "ORDER BY seq LIMIT 1")}) {
    if (!made) return fail(made.error());
  }
  return LogReader(database, shapes, max_change, std::move(parts));
}

LogReader::LogReader(Database& database, ShapeBook& shapes, std::uint64_t max_change, Parts parts)
    : database_(&database), shapes_(&shapes), max_change_(max_change), parts_(std::move(parts)) {}

Result<std::int64_t> LogReader::head() {
  auto row = parts_.head.step();
  if (!row) return failed(row);
  const std::int64_t seq = parts_.head.integer(0);
  parts_.head.reset();
  return seq;
}

Result<std::int64_t> LogReader::least() {
  auto row = parts_.least.step();
  if (!row) return failed(row);
  const std::int64_t seq = parts_.least.integer(0);
  parts_.least.reset();
  return seq;
}

void LogReader::seek(std::int64_t seq) {
  end();
  after_ = seq;
}

void LogReader::end() {
  if (stepping_) parts_.rows.reset();
  stepping_ = false;
}

Result<bool> LogReader::next(LogRow& row) {
  if (!stepping_) parts_.rows.bind(0, after_);
  stepping_ = true;
  auto there = [&] {
    const SizeGuard guard(database_->handle(), unmeasured_bytes);
    return parts_.rows.step();
  }();
  if (!there) {
    stepping_ = false;
    if (is_too_big(there.error())) return next_measured(row);
    return there;
  }
  if (!*there) {
    stepping_ = false;
    return false;
  }
  if (auto decoded = decode(parts_.rows, row); !decoded) return failed(decoded);
  after_ = row.seq;
  return true;
}

Result<void> LogReader::decode(const Statement& from, LogRow& row) {
  const std::int64_t op = from.integer(2);
  const std::int64_t shape = from.integer(1);
  row.seq = from.integer(0);
  row.time = from.integer(3);
  row.too_large = false;
  row.size = 0;
  auto known = op_of(op, row.seq, database_->path());
  if (!known) return failed(known);
  row.op = *known;
  row.shape = nullptr;
  if (shape != 0) {
    auto found = shapes_->find(shape);
    if (!found) return failed(found);
    row.shape = *found;
  }

  const int width = row.shape == nullptr ? 0 : static_cast<int>(row.shape->width());
  int column = first_value;
  fingerprint_.begin(row.seq, shape, op, row.time);
  const auto take = [&](std::vector<Value>& to, int count) {
    to.clear();
    to.reserve(static_cast<std::size_t>(count));
    for (const int stop = std::min(column + count, from.columns()); column < stop; ++column) {
      to.push_back(value_of(from, column));
      row.size += size_of(to.back());
    }
    // A column the log never had to hold is NULL.
    to.resize(static_cast<std::size_t>(count));
    fingerprint_.add(to);
  };
  const bool has_before = row.op == LogOp::update || row.op == LogOp::remove;
  const bool has_after = row.op == LogOp::update || row.op == LogOp::insert;
  take(row.before, has_before ? width : 0);
  take(row.after, has_after ? width : 0);
  take(row.said, row.op == LogOp::gap ? gap_values : 0);
  row.hash = fingerprint_.end();
  if (row.size > max_change_) leave_out_what_is_too_large(row, max_change_);
  return {};
}

Result<bool> LogReader::next_measured(LogRow& row) {
  parts_.what.bind(0, after_);
  auto there = parts_.what.step();
  if (!there || !*there) return there;
  row.seq = parts_.what.integer(0);
  const std::int64_t shape = parts_.what.integer(1);
  auto op = op_of(parts_.what.integer(2), row.seq, database_->path());
  row.time = parts_.what.integer(3);
  parts_.what.reset();
  if (!op) return failed(op);
  row.op = *op;
  auto found = shapes_->find(shape);
  if (!found) return failed(found);
  row.shape = *found;

  auto size = measure(row);
  if (!size) return failed(size);
  after_ = row.seq;
  row.size = *size;
  if (row.size > max_change_) {
    if (auto described = describe_too_large(row); !described) {
      return failed(described);
    }
    return true;
  }
  const SizeGuard guard(database_->handle(), max_change_ + unmeasured_bytes);
  parts_.one.bind(0, row.seq);
  auto one = parts_.one.step();
  if (!one) return one;
  auto decoded = decode(parts_.one, row);
  parts_.one.reset();
  if (!decoded) return failed(decoded);
  return true;
}

Result<std::uint64_t> LogReader::measure(const LogRow& row) {
  return measure_values(row, 0, images_of(row.op) * static_cast<int>(row.shape->width()));
}

std::uint64_t LogReader::measure_values(const LogRow& row, int from, int to) {
  std::uint64_t size = 0;
  for (int i = from; i < to; ++i) size += measure_value(database_->handle(), row.seq, i);
  return size;
}

/// An update from large to small has the new state of the row.
Result<void> LogReader::read_after(LogRow& row) {
  const int width = static_cast<int>(row.shape->width());
  if (row.op != LogOp::update || measure_values(row, width, 2 * width) > max_change_) return {};
  const SizeGuard guard(database_->handle(), max_change_ + unmeasured_bytes);
  // A column the log never had to hold is NULL.
  const int held = std::min(2 * width, parts_.one.columns() - first_value);
  std::string columns;
  for (int at = width; at < held; ++at) {
    columns.append(columns.empty() ? "v" : ", v").append(std::to_string(at));
  }
  auto after = database_->prepare("SELECT " + columns + " FROM _headwater_log WHERE seq = ?");
  if (!after) return failed(after);
  after->bind(0, row.seq);
  auto there = after->step();
  if (!there) return failed(there);
  for (int i = 0; i < after->columns(); ++i) row.after.push_back(value_of(*after, i));
  row.after.resize(static_cast<std::size_t>(width));
  return {};
}

Result<void> LogReader::describe_too_large(LogRow& row) {
  row.too_large = true;
  row.hash.reset();
  row.before.clear();
  row.after.clear();
  row.key.clear();
  const SizeGuard guard(database_->handle(), unmeasured_bytes);
  std::string columns;
  for (const int at : row.shape->key) {
    columns.append(columns.empty() ? "v" : ", v").append(std::to_string(at));
  }
  auto key = database_->prepare("SELECT " + columns + " FROM _headwater_log WHERE seq = ?");
  if (!key) return failed(key);
  key->bind(0, row.seq);
  auto there = key->step();
  // A key that is itself too large is left out.
  if (!there) return is_too_big(there.error()) ? Result<void>{} : failed(there);
  for (int i = 0; i < key->columns(); ++i) row.key.push_back(value_of(*key, i));
  return read_after(row);
}

Result<std::optional<std::uint64_t>> LogReader::fingerprint(std::int64_t seq,
                                                            std::optional<std::uint64_t> expected) {
  seek(seq - 1);
  LogRow row;
  auto there = next(row);
  end();
  if (!there) return failed(there);
  if (!*there || row.seq != seq) return std::nullopt;
  return row.too_large ? expected.value_or(0) : row.hash;
}

}  // namespace headwater::sqlite
