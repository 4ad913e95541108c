#include "src/sources/sqlite/capture/capture_rig.h"

#include <unistd.h>

#include <cstdlib>

#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

std::string shown(const Statement& row, int column) {
  switch (row.type(column)) {
    case SQLITE_NULL:
      return "null";
    case SQLITE_INTEGER:
      return std::to_string(row.integer(column));
    case SQLITE_FLOAT: {
      std::string text(40, '\0');
      text.resize(static_cast<std::size_t>(
          std::snprintf(text.data(), text.size(), "%.17gf", row.real(column))));
      return text;
    }
    case SQLITE_BLOB:
      return "x'" + text_at(row, column) + "'";
    default:
      return "'" + text_at(row, column) + "'";
  }
}

Image image(const Statement& row, std::size_t first, std::size_t count) {
  Image result;
  for (std::size_t i = first; i < first + count; ++i) {
    result.push_back(shown(row, static_cast<int>(i)));
  }
  return result;
}

Image key_of(const Shape& shape, const Image& row) {
  Image key;
  for (const int at : shape.key) key.push_back(row[static_cast<std::size_t>(at)]);
  return key;
}

std::string joined(const Image& row) {
  std::string result;
  for (const auto& value : row) result.append(result.empty() ? "" : "|").append(value);
  return result;
}

}  // namespace

CaptureRig::CaptureRig() {
  std::string pattern = (std::filesystem::temp_directory_path() / "headwater-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  path_ = (folder_ / "user.db").string();
  writer_ = open(Open::create);
  write("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  ours_ = open();
  healer_.emplace(*ours_);
}

CaptureRig::~CaptureRig() { std::filesystem::remove_all(folder_); }

std::optional<Database> CaptureRig::open(Open mode) {
  auto database = Database::open(path_, mode, Origin::source);
  if (!database) {
    ADD_FAILURE() << database.error().message;
    return std::nullopt;
  }
  return std::move(*database);
}

void CaptureRig::write(const std::string& sql) {
  const auto done = writer_->execute(sql);
  EXPECT_TRUE(done) << sql << "\n" << done.error().message;
}

std::string CaptureRig::try_write(const std::string& sql) {
  const auto done = writer_->execute(sql);
  return done ? "" : done.error().message;
}

std::int64_t CaptureRig::number(const std::string& sql) {
  const auto value = writer_->integer(sql);
  EXPECT_TRUE(value) << sql << "\n" << value.error().message;
  return value ? *value : 0;
}

std::string CaptureRig::text(const std::string& sql) {
  const auto value = writer_->text(sql);
  EXPECT_TRUE(value) << sql << "\n" << value.error().message;
  return value ? *value : "";
}

Report CaptureRig::prepare_tables(std::optional<std::vector<std::string>> tables, bool snapshot,
                                  const std::string& relay) {
  auto report =
      prepare(*ours_, {.relay = relay, .tables = std::move(tables), .snapshot = snapshot});
  EXPECT_TRUE(report) << report.error().name << ": " << report.error().message;
  return report ? std::move(*report) : Report{};
}

Report CaptureRig::heal() {
  auto report = healer_->heal();
  EXPECT_TRUE(report) << report.error().name << ": " << report.error().message;
  return report ? std::move(*report) : Report{};
}

std::vector<LoggedRow> CaptureRig::log(std::int64_t after) {
  std::vector<LoggedRow> result;
  std::map<std::int64_t, Shape> shapes;
  auto loaded = load_shapes(*ours_);
  EXPECT_TRUE(loaded);
  for (auto& shape : *loaded) shapes.emplace(shape.id, std::move(shape));
  auto rows = ours_->prepare("SELECT * FROM _headwater_log WHERE seq > ?1 ORDER BY seq");
  rows->bind(0, after);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    LoggedRow logged{
        .seq = row.integer(0), .op = static_cast<LogCode>(row.integer(2)), .shape = row.integer(1)};
    const auto found = shapes.find(logged.shape);
    EXPECT_NE(found, shapes.end()) << "shape " << logged.shape;
    const Shape& shape = found->second;
    logged.table = shape.table;
    const std::size_t width = shape.width();
    switch (logged.op) {
      case LogCode::insert:
        logged.after = image(row, 4, width);
        break;
      case LogCode::remove:
        logged.before = image(row, 4, width);
        break;
      case LogCode::update:
        logged.before = image(row, 4, width);
        logged.after = image(row, 4 + width, width);
        break;
      case LogCode::gap:
        logged.reason = text_at(row, 4);
        logged.restated = row.integer(7) == 1;
        break;
      case LogCode::drop:
        break;
    }
    const Image& any = logged.after.empty() ? logged.before : logged.after;
    if (!any.empty()) logged.key = key_of(shape, any);
    if (logged.op == LogCode::update) {
      EXPECT_EQ(key_of(shape, logged.before), logged.key) << "an update has one key";
    }
    result.push_back(std::move(logged));
  });
  EXPECT_TRUE(done) << done.error().message;
  return result;
}

std::vector<std::string> CaptureRig::said(std::int64_t after) {
  std::vector<std::string> result;
  for (const auto& row : log(after)) {
    switch (row.op) {
      case LogCode::insert:
        result.push_back("insert " + joined(row.after));
        break;
      case LogCode::remove:
        result.push_back("delete " + joined(row.before));
        break;
      case LogCode::update:
        result.push_back("update " + joined(row.before) + " -> " + joined(row.after));
        break;
      case LogCode::drop:
        result.push_back("drop " + row.table);
        break;
      case LogCode::gap:
        result.push_back("gap " + row.table + (row.restated ? ", restated" : ""));
        break;
    }
  }
  return result;
}

void CaptureRig::fold() {
  for (const auto& row : log(folded_)) {
    folded_ = row.seq;
    auto& rows = fold_[row.table];
    switch (row.op) {
      case LogCode::insert:
      case LogCode::update:
        rows[row.key] = row.after;
        break;
      case LogCode::remove:
        rows.erase(row.key);
        break;
      case LogCode::drop:
        rows.clear();
        break;
      case LogCode::gap:
        if (row.restated) rows.clear();
        break;
    }
  }
}

std::optional<Shape> CaptureRig::shape_of(const std::string& table) {
  const auto id = ours_->integer("SELECT shape FROM _headwater_captured WHERE \"table\" = " +
                                 quote_text(table));
  EXPECT_TRUE(id);
  auto shape = load_shape(*ours_, *id);
  EXPECT_TRUE(shape) << table << ": " << shape.error().message;
  if (!shape) return std::nullopt;
  return std::move(*shape);
}

std::map<Image, Image> CaptureRig::rows_of(const Shape& shape) {
  std::string columns;
  for (const auto& name : *shape.columns) columns += quote_name(name) + ", ";
  // shape.order names the rowid, if that is the key.
  columns = shape.by_rowid ? columns + shape.order : columns.substr(0, columns.size() - 2);
  auto rows = ours_->prepare("SELECT " + columns + " FROM " + quote_name(shape.table) +
                             " ORDER BY " + shape.order);
  EXPECT_TRUE(rows) << rows.error().message;
  std::map<Image, Image> result;
  auto done = for_each_row(*rows, [&](const Statement& row) {
    Image values = image(row, 0, shape.width());
    Image key = key_of(shape, values);
    EXPECT_TRUE(result.emplace(std::move(key), std::move(values)).second) << "a key twice";
  });
  EXPECT_TRUE(done) << done.error().message;
  return result;
}

void CaptureRig::read_again(const std::string& table) {
  fold();
  if (const auto shape = shape_of(table)) fold_[table] = rows_of(*shape);
}

void CaptureRig::expect_fold_equals(const std::string& table, const std::string& context) {
  fold();
  const auto shape = shape_of(table);
  if (!shape) return;
  EXPECT_EQ(fold_[table], rows_of(*shape)) << table << " " << context;
}

void CaptureRig::expect_gapless() {
  EXPECT_EQ(number("SELECT count(*) - (max(seq) - min(seq) + 1) FROM _headwater_log"), 0);
}

}  // namespace headwater::sqlite
