// A database of one table in a text file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"

namespace headwater::testing {

struct TextLine {
  std::uint64_t number = 0;
  std::uint64_t commit = 0;  ///< Number of its transaction's last line.
  std::string stamp{};       ///< Of the transaction; no other has the same.
  char kind = 'i';           ///< i, u or r: insert, update, remove.
  std::int64_t key = 0;
  Value value{};
};

/// All that is in the file:
///
///     id ID
///     base NUMBER STAMP         changes up to this one have been forgotten
///     row KEY VALUE             what they came to
///     NUMBER COMMIT STAMP KIND KEY VALUE
struct TextFile {
  std::string id{};
  std::uint64_t base = 0;
  std::string base_stamp = "-";
  std::map<std::int64_t, Value> rows{};  ///< After all changes.
  std::vector<TextLine> lines{};         ///< The changes.

  [[nodiscard]] std::uint64_t last() const { return lines.empty() ? base : lines.back().number; }
  /// Of a change that is not forgotten, or the base; "" if there is none.
  [[nodiscard]] std::string stamp_of(std::uint64_t number) const;

  /// Waits for writers that hold the lock.
  static Result<TextFile> read(const std::string& path);
};

/// Appends transactions, one after the other. Others may read and write the file meanwhile.
class TextAppender {
 public:
  /// Holds the file's lock as long as it lives.
  explicit TextAppender(const std::string& path);
  ~TextAppender();
  TextAppender(const TextAppender&) = delete;
  TextAppender& operator=(const TextAppender&) = delete;

  /// Changes that change nothing are left out. Their numbers, commit and stamp are given here.
  void append(std::vector<TextLine> lines);
  /// Forgets all changes but the last.
  void forget();

 private:
  std::string path_;
  int file_;
};

/// Makes the file.
void make_text_file(const std::string& path, const std::string& id);

}  // namespace headwater::testing
