#include "testing/textfile/text_source.h"

#include <sys/inotify.h>

#include <functional>
#include <utility>

#include "src/base/file_watch.h"
#include "src/event/json_text.h"
#include "src/ports/loss.h"
#include "src/sources/shared/joined_adapter.h"
#include "src/sources/shared/json_position.h"
#include "src/sources/shared/queued_log.h"
#include "testing/textfile/text_file.h"

namespace headwater::testing {
namespace {

using sources::LogPoint;
using sources::Place;

constexpr const char* table_name = "rows";

Row row_of(std::vector<std::string> columns, std::vector<Value> values) {
  return TableRow{.columns = std::make_shared<const std::vector<std::string>>(std::move(columns)),
                  .values = std::move(values)};
}

Change change_of(Op op, std::string id, std::int64_t key, const Value& value) {
  Change change{.op = op, .id = std::move(id), .database = "text", .table = table_name};
  change.key = row_of({"key"}, {key});
  if (op != Op::remove) change.after = row_of({"key", "value"}, {key, value});
  return change;
}

/// Of the last change. A position is {"number":N,"id":ID,"stamp":STAMP, …}.
struct TextCursor {
  std::uint64_t number = 0;
  std::string stamp{};
};

struct TextPosition {
  std::string id{};
  TextCursor at{};
  Place place{};
};

Result<TextPosition> read_position(const Position& position) {
  constexpr sources::PositionWords words{.source = "text file",
                                         .next = "headwater position -c FILE set latest"};
  return sources::read_json_position(position, words, [](MemberReader& members) {
    TextPosition read{.id = members.text("id")};
    read.at = {.number = members.unsigned_integer("number"), .stamp = members.text("stamp")};
    read.place = sources::place_from(members);
    return read;
  });
}

Position to_position(const TextPosition& position) {
  std::string text = R"({"number":)" + std::to_string(position.at.number);
  append_json_member(text, "id", position.id);
  append_json_member(text, "stamp", position.at.stamp);
  sources::append_place(text, position.place);
  return {text + "}"};
}

class TextLog final : public sources::QueuedLog<TextCursor> {
 public:
  TextLog(std::string path, const Clock& clock)
      : QueuedLog(clock), path_(std::move(path)), watch_(path_, IN_MODIFY) {}

  Result<Place> seek(const Position& position, const std::stop_token& /*stop*/) override {
    auto read = read_position(position);
    if (!read) return failed(read);
    const auto& [id, at, place] = *read;
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    if (file->id != id) return fail(sources::other_database_error(id, file->id));
    if (at.number < file->base) {
      return fail(sources::loss_error(history_lost, path_ + " begins later"));
    }
    if (file->stamp_of(at.number) != at.stamp) {
      return fail(sources::loss_error(went_back, path_ + " does not have change " + at.stamp));
    }
    go_to_line(*file, at.number);
    return place;
  }

  Result<void> start(sources::StartAt where, const std::stop_token& /*stop*/) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    go_to_line(*file, where == sources::StartAt::now ? file->last() : file->base);
    return {};
  }

  [[nodiscard]] Position position(const Place& place) const override {
    return to_position({.id = id_, .at = at(), .place = place});
  }
  void describe_gap(Change& gap, const Position& lost) const override {
    gap.database = "text";
    gap.table = table_name;
    gap.gap->from = lost.token;
    gap.gap->to = std::to_string(at().number + 1);
  }

 private:
  Result<LogPoint> fetch(LogPoint read) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    for (const TextLine& line : file->lines) {
      if (line.number > read.high) add_line(line);
    }
    return LogPoint{.high = file->last()};
  }
  void add_line(const TextLine& line) {
    const Op op = line.kind == 'i' ? Op::insert : line.kind == 'u' ? Op::update : Op::remove;
    const std::string id = std::to_string(line.number) + "-" + line.stamp;
    sources::LogChange next{.change = change_of(op, id, line.key, line.value),
                            .point = {.high = line.commit},
                            .of_a_row = true,
                            .key = std::to_string(line.key)};
    next.change.transaction =
        Transaction{.id = line.stamp, .ordinal = 0, .last = line.number == line.commit};
    add(std::move(next), {.number = line.number, .stamp = line.stamp});
  }
  void sleep(Milliseconds longest, const std::stop_token& stop) override {
    watch_.sleep(longest, stop);
  }
  void go_to_line(const TextFile& file, std::uint64_t number) {
    id_ = file.id;
    const std::uint64_t commit =
        number > file.base ? file.lines[number - file.base - 1].commit : number;
    go_to({.number = number, .stamp = file.stamp_of(number)}, {.high = commit}, {.high = number},
          {.high = file.last()});
  }

  std::string path_;
  FileWatch watch_;
  std::string id_;
};

class TextTable final : public sources::TableReader {
 public:
  explicit TextTable(std::string path) : path_(std::move(path)) {}

  Result<std::vector<sources::TableName>> tables(const sources::TableName& after,
                                                 const std::stop_token& /*stop*/) override {
    std::vector<sources::TableName> names{{"text", "", table_name}};
    if (after >= names[0]) names.clear();
    return names;
  }
  [[nodiscard]] bool reads(const sources::TableName& name) const override {
    return name.table == table_name;
  }
  Result<LogPoint> now(const std::stop_token& /*stop*/) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    return LogPoint{.high = file->last()};
  }

  Result<sources::Piece> read(const sources::TableName& /*name*/, const std::string& after,
                              LogPoint /*not_before*/, const std::string& /*filter*/,
                              const std::stop_token& /*stop*/) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    sources::Piece piece{.point = {.high = file->last()}, .sight = {}, .last = {}, .end = true};
    const std::string begin =
        "snapshot:" + std::to_string(file->last()) + "-" + file->stamp_of(file->last()) + ":";
    auto row = after.empty() ? file->rows.begin() : file->rows.upper_bound(std::stoll(after));
    for (; row != file->rows.end() && piece.end; ++row) {
      std::string key = std::to_string(row->first);
      piece.rows.push_back(
          {.change = change_of(Op::read, begin + key, row->first, row->second), .key = key});
      piece.last = std::move(key);
      piece.end = piece.rows.size() < 100;
    }
    return piece;
  }
  Result<sources::Ahead> ahead(const sources::TableName& /*name*/, const sources::LogChange& change,
                               const std::string& after, const std::stop_token& /*stop*/) override {
    return std::stoll(change.key) > std::stoll(after) ? sources::Ahead::yes : sources::Ahead::no;
  }

 private:
  std::string path_;
};

class TextAdapter final : public sources::JoinedAdapter {
 public:
  TextAdapter(TextOptions options, const Clock& clock)
      : JoinedAdapter(clock), options_(std::move(options)) {}

  [[nodiscard]] std::string describe() const override { return "text file " + options_.path; }

 private:
  [[nodiscard]] const sources::Policies& policies() const override { return options_.policies; }
  Result<sources::JoinedParts> parts() override {
    auto file = TextFile::read(options_.path);
    if (!file) return failed(file);
    return sources::JoinedParts{.identity = "text:" + file->id,
                                .policies = options_.policies,
                                .log = std::make_unique<TextLog>(options_.path, clock()),
                                .tables = std::make_unique<TextTable>(options_.path)};
  }
  [[nodiscard]] Result<Position> with_place(
      const Position& position, const std::function<Result<void>(Place&)>& change) const override {
    auto read = read_position(position);
    if (!read) return failed(read);
    if (auto changed = change(read->place); !changed) return failed(changed);
    return to_position(*read);
  }

  TextOptions options_;
};

}  // namespace

std::unique_ptr<SourceAdapter> make_text_source(TextOptions options, const Clock& clock) {
  return std::make_unique<TextAdapter>(std::move(options), clock);
}

}  // namespace headwater::testing
