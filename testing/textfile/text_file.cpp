#include "testing/textfile/text_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "src/base/number_in.h"
#include "src/base/unique.h"
#include "src/event/encoding.h"
#include "testing/rig/server_program.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

std::string text_of(const Value& value) {
  std::string text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return "i" + std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) {
    return "r" + std::to_string(std::bit_cast<std::uint64_t>(*real));
  }
  if (const auto* bytes = std::get_if<Text>(&value)) {
    append_percent_encoded(text = "t", bytes->bytes);
    return text;
  }
  if (const auto* bytes = std::get_if<Blob>(&value)) {
    append_percent_encoded(text = "b", bytes->bytes);
    return text;
  }
  return "n";
}

Value value_from(std::string_view text) {
  const std::string_view rest = text.substr(1);
  if (text[0] == 'i') return whole_number<std::int64_t>(rest).value_or(0);
  if (text[0] == 'r') return std::bit_cast<double>(number_in(rest));
  if (text[0] == 't') return Text{percent_decoded(rest).value_or("")};
  if (text[0] == 'b') return Blob{percent_decoded(rest).value_or("")};
  return std::monostate{};
}

/// The next word, and `rest` is what follows.
std::string_view word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

std::string text_of(const TextLine& line) {
  std::ostringstream text;
  text << line.number << ' ' << line.commit << ' ' << line.stamp << ' ' << line.kind << ' '
       << line.key << ' ' << text_of(line.value) << '\n';
  return text.str();
}

void carry_out(const TextLine& line, std::map<std::int64_t, Value>& rows) {
  if (line.kind == 'r') {
    rows.erase(line.key);
  } else {
    rows[line.key] = line.value;
  }
}

void parse(std::string_view line, TextFile& file) {
  const std::string_view first = word(line);
  if (first == "id") {
    file.id = word(line);
  } else if (first == "base") {
    file.base = number_in(word(line));
    file.base_stamp = word(line);
  } else if (first == "row") {
    const std::int64_t key = whole_number<std::int64_t>(word(line)).value_or(0);
    file.rows[key] = value_from(word(line));
  } else {
    TextLine change{.number = number_in(first)};
    change.commit = number_in(word(line));
    change.stamp = word(line);
    change.kind = word(line)[0];
    change.key = whole_number<std::int64_t>(word(line)).value_or(0);
    change.value = value_from(word(line));
    carry_out(change, file.rows);
    file.lines.push_back(std::move(change));
  }
}

std::string header_of(const TextFile& file) {
  std::string text =
      "id " + file.id + "\nbase " + std::to_string(file.base) + " " + file.base_stamp + "\n";
  for (const auto& [key, value] : file.rows) {
    text += "row " + std::to_string(key) + " " + text_of(value) + "\n";
  }
  return text;
}

TextFile contents_of(const std::string& path) {
  std::ifstream stream(path);
  TextFile file;
  for (std::string line; std::getline(stream, line);) parse(line, file);
  return file;
}

int locked(const std::string& path, int mode) {
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file >= 0) ::flock(file, mode);
  return file;
}

}  // namespace

std::string TextFile::stamp_of(std::uint64_t number) const {
  if (number == base) return base_stamp;
  if (number < base || number > last()) return "";
  return lines[number - base - 1].stamp;
}

Result<TextFile> TextFile::read(const std::string& path) {
  const int file = locked(path, LOCK_SH);
  if (file < 0) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = path + " cannot be opened",
                 .next = "see whether it is there"});
  }
  TextFile all = contents_of(path);
  ::close(file);
  return all;
}

TextAppender::TextAppender(const std::string& path) : path_(path), file_(locked(path, LOCK_EX)) {
  if (file_ < 0) rig::give_up("there is no " + path);
}
TextAppender::~TextAppender() { ::close(file_); }

void TextAppender::append(std::vector<TextLine> lines) {
  TextFile file = contents_of(path_);
  std::vector<TextLine> changes;
  for (TextLine& line : lines) {
    if (file.rows.contains(line.key) != (line.kind != 'i')) continue;
    carry_out(line, file.rows);
    changes.push_back(std::move(line));
  }
  const std::string stamp = unique_name();
  std::string text;
  std::uint64_t number = file.last();
  for (TextLine& change : changes) {
    change.number = ++number;
    change.commit = file.last() + changes.size();
    change.stamp = stamp;
    text += text_of(change);
  }
  if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    rig::give_up("the disk is full");
  }
}

void TextAppender::forget() {
  const TextFile whole = contents_of(path_);
  TextFile kept{.id = whole.id};
  const TextLine newest = whole.lines.back();
  kept.base = newest.number - 1;
  kept.base_stamp = whole.stamp_of(kept.base);
  // What the rows were before the last change is of no interest: it is in the file.
  kept.rows = whole.rows;
  if (newest.kind == 'i') kept.rows.erase(newest.key);
  rig::write_file(path_, header_of(kept) + text_of(newest));
}

void make_text_file(const std::string& path, const std::string& id) {
  rig::write_file(path, header_of({.id = id}));
}

}  // namespace headwater::testing
