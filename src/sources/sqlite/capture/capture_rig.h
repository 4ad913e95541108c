// A new database with a capture, a separate writer, and the fold of the log to compare with the
// tables. For tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// One row, its values written so that two are equal only if type and content are.
using Image = std::vector<std::string>;

struct LoggedRow {
  std::int64_t seq = 0;
  LogCode op = LogCode::insert;
  std::int64_t shape = 0;
  std::string table;
  Image key;
  Image before;
  Image after;
  std::string reason;
  bool restated = false;
};

/// Whether one of a report's findings contains this text.
inline auto says(const std::string& text) {
  return ::testing::Contains(::testing::Field(&Finding::what, ::testing::HasSubstr(text)));
}

class CaptureRig : public ::testing::Test {
 protected:
  CaptureRig();
  ~CaptureRig() override;

  /// Runs SQL on the writer's connection; a failure is a failure of the test.
  void write(const std::string& sql);
  /// The same, but may fail; returns the message, empty on success.
  std::string try_write(const std::string& sql);
  std::int64_t number(const std::string& sql);
  std::string text(const std::string& sql);

  /// Captures for the relay "r".
  Report prepare_tables(std::optional<std::vector<std::string>> tables = std::nullopt,
                        bool snapshot = false, const std::string& relay = "r");
  Report heal();

  /// The log's rows after `seq`.
  std::vector<LoggedRow> log(std::int64_t after = 0);
  /// "insert 1|'a'" and the like, one for each row after `seq`.
  std::vector<std::string> said(std::int64_t after = 0);

  /// Table, key, row. Continues from where the last call ended.
  void fold();
  /// Adds the rows that a snapshot would read now.
  void read_again(const std::string& table);
  /// Compares the fold's rows of a table with the table.
  void expect_fold_equals(const std::string& table, const std::string& context = {});
  /// Checks that the row numbers have no gap.
  void expect_gapless();

  Database& ours() { return *ours_; }
  Database& writer() { return *writer_; }
  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  std::optional<Database> open(Open mode = Open::read_write);

 private:
  std::map<Image, Image> rows_of(const Shape& shape);
  std::optional<Shape> shape_of(const std::string& table);

  std::filesystem::path folder_;
  std::string path_;
  std::optional<Database> writer_;
  std::optional<Database> ours_;
  std::optional<Healer> healer_;
  std::map<std::string, std::map<Image, Image>> fold_;
  std::int64_t folded_ = 0;
};

}  // namespace headwater::sqlite
