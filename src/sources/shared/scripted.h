// The log and the tables of a database that is made up for tests of the join.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/shared/change_log.h"
#include "src/sources/shared/scripted_database.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::sources {

/// What a test breaks on purpose, to see that it notices.
enum class Broken {
  nothing,
  piece_at_once,      ///< Rows come before the changes up to their point.
  reached_too_early,  ///< The log claims to be further than it is.
  ahead_is_no,        ///< No change is left out.
  unknown_is_yes,     ///< A row whose key cannot be compared is taken for one still to come.
  place_before_row,   ///< A row's position is before it.
  older_piece,        ///< A piece does not show all that was taken.
  overlap_forgotten,  ///< What the rows contain comes once more after a restart.
  sight_ignored,      ///< A piece is taken to show everything up to its point.
  renames_ignored,
  request_leaves_out,  ///< Changes to rows that are to be read again are left out.
  filter_ignored,
  end_not_waited_for,  ///< The last piece is of a point long ago.
};

/// {"n":changes taken, …}
struct ScriptedPosition {
  std::size_t taken = 0;
  Place place;
};
inline ScriptedPosition scripted_position(const Position& position) {
  std::string wrong;
  const auto json = Json::parse(position.token, wrong);
  MemberReader reader(*json, wrong);
  return {.taken = reader.unsigned_integer("n"), .place = place_from(reader)};
}

class ScriptedLog final : public ChangeLog {
 public:
  ScriptedLog(ScriptedDatabase& database, Broken broken)
      : database_(&database), broken_(broken), knows_ends_(database.random()() % 2 == 0) {}

  Result<Place> seek(const Position& position, const std::stop_token& /*stop*/) override {
    auto at = scripted_position(position);
    taken_ = read_ = at.taken;
    opened_ = database_->commits();
    if (broken_ == Broken::overlap_forgotten && at.place.snapshot) {
      at.place.snapshot->overlap.reset();
    }
    return std::move(at.place);
  }
  Result<void> start(StartAt where, const std::stop_token& /*stop*/) override {
    opened_ = database_->commits();
    taken_ = read_ = where == StartAt::now ? database_->changes().size() : 0;
    return {};
  }
  void stop() override {}
  [[nodiscard]] Mark opened() const override { return {.point = {.high = opened_}}; }

  Result<LogChange*> next() override {
    if (taken_ == read_) return nullptr;
    const ScriptedChange& next = database_->changes()[taken_];
    next_ = {};
    Change& change = next_.change;
    change.op = next.op;
    change.id = std::to_string(taken_);
    change.database = "db";
    change.table = next.table;
    change.renamed_to = next.op == Op::rename ? next.renamed_to : "";
    next_.of_a_row = next.op == Op::insert || next.op == Op::update || next.op == Op::remove;
    next_.point.high = next.commit;
    next_.key = std::to_string(next.key);
    if (next_.of_a_row) change.key = TableRow{.columns = {}, .values = {next.key}};
    if (next_.of_a_row) change.after = TableRow{.columns = {}, .values = {next.value}};
    change.transaction = Transaction{
        .id = std::to_string(next.commit), .ordinal = 0, .last = knows_ends_ && next.last};
    return &next_;
  }
  void take() override { ++taken_; }
  [[nodiscard]] std::size_t at_hand() const override { return read_ - taken_; }
  Result<Came> wait(Milliseconds /*wait*/, bool /*soon*/,
                    const std::stop_token& /*stop*/) override {
    database_->go_on();
    const std::size_t there = database_->changes().size();
    if (read_ == there) return Came::end;
    if (database_->random()() % 8 == 0) return Came::nothing;
    read_ = std::min(there, read_ + 1 + database_->random()() % 5);
    return Came::more;
  }

  [[nodiscard]] LogPoint taken() const override {
    return {.high = taken_ == 0 ? 0 : database_->changes()[taken_ - 1].commit};
  }
  [[nodiscard]] Mark mark(LogPoint point) const override { return {.point = point}; }
  [[nodiscard]] bool reached(const Mark& mark) const override {
    return broken_ == Broken::reached_too_early || read_ >= database_->end_of(mark.point.high);
  }
  [[nodiscard]] Position position(const Place& place) const override {
    std::string text = R"({"n":)" + std::to_string(taken_);
    append_place(text, place);
    return {text + "}"};
  }
  void describe_gap(Change& /*gap*/, const Position& /*lost*/) const override {}

 private:
  ScriptedDatabase* database_;
  Broken broken_;
  bool knows_ends_;
  std::size_t taken_ = 0;
  std::size_t read_ = 0;
  std::uint64_t opened_ = 0;
  LogChange next_;
};

class ScriptedTables final : public TableReader {
 public:
  ScriptedTables(ScriptedDatabase& database, Broken broken)
      : database_(&database), broken_(broken) {}

  Result<std::vector<TableName>> tables(const TableName& after,
                                        const std::stop_token& /*stop*/) override {
    database_->go_on();
    std::vector<TableName> names;
    for (const auto& [table, rows] : database_->state(database_->changes().size())) {
      if (TableName name{"db", "", table}; name > after) names.push_back(std::move(name));
    }
    return names;
  }
  [[nodiscard]] bool reads(const TableName& /*name*/) const override {
    return broken_ != Broken::renames_ignored;
  }
  Result<LogPoint> now(const std::stop_token& /*stop*/) override {
    database_->go_on();
    return LogPoint{.high = broken_ == Broken::end_not_waited_for ? 0 : database_->commits()};
  }

  Result<Piece> read(const TableName& name, const std::string& after, LogPoint not_before,
                     const std::string& filter, const std::stop_token& /*stop*/) override {
    database_->go_on();
    std::uint64_t point = not_before.high;
    point += database_->random()() % (database_->commits() - point + 1);
    const auto hidden = database_->hidden(not_before.high, point);
    Piece piece{.point = {.high = point}, .sight = sight_of(hidden), .last = {}, .end = true};
    const std::uint64_t shown = broken_ == Broken::older_piece && point > 0 ? point - 1 : point;
    const State state = database_->state_without(
        hidden, database_->end_of(std::min(shown, not_before.high)), shown);
    const auto table = state.find(name.table);
    const std::size_t most = 1 + database_->random()() % 4;
    auto row = table == state.end() ? Rows::const_iterator() : table->second.begin();
    for (std::string before = after; table != state.end() && row != table->second.end(); ++row) {
      if (!after.empty() && row->first <= std::stoll(after)) continue;
      if (piece.rows.size() == most) {
        piece.end = false;
        break;
      }
      if (filter == "even" && row->first % 2 != 0 && broken_ != Broken::filter_ignored) {
        piece.last = std::to_string(row->first);
        continue;
      }
      piece.rows.push_back(read_change(name, *row, point));
      piece.last = piece.rows.back().key;
      if (broken_ == Broken::place_before_row) std::swap(piece.rows.back().key, before);
    }
    return piece;
  }

  [[nodiscard]] bool shows(LogPoint point, const std::string& sight,
                           const LogChange& change) const override {
    if (broken_ == Broken::piece_at_once) return false;
    const bool hides =
        broken_ != Broken::sight_ignored && hidden_in(sight).contains(change.point.high);
    return change.point <= point && !hides;
  }
  Result<Ahead> ahead(const TableName& /*name*/, const LogChange& change, const std::string& after,
                      const std::stop_token& /*stop*/) override {
    if (broken_ == Broken::ahead_is_no) return Ahead::no;
    if (cannot_be_compared(std::stoll(change.key))) {
      return broken_ == Broken::unknown_is_yes ? Ahead::yes : Ahead::unknown;
    }
    return std::stoll(change.key) > std::stoll(after) ? Ahead::yes : Ahead::no;
  }

 private:
  static PieceRow read_change(const TableName& name, std::pair<std::int64_t, std::int64_t> row,
                              std::uint64_t point) {
    PieceRow read{.change = {}, .key = std::to_string(row.first)};
    read.change.op = Op::read;
    read.change.id = "read:" + std::to_string(point) + ":" + name.table + ":" + read.key;
    read.change.database = name.database;
    read.change.table = name.table;
    read.change.key = TableRow{.columns = {}, .values = {row.first}};
    read.change.after = TableRow{.columns = {}, .values = {row.second}};
    return read;
  }

  ScriptedDatabase* database_;
  Broken broken_;
};

}  // namespace headwater::sources
