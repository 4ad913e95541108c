#include "testing/textfile/text_source.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <utility>

#include "src/base/descriptor.h"
#include "src/base/wake.h"
#include "src/event/json_text.h"
#include "src/ports/loss.h"
#include "src/sources/shared/errors.h"
#include "src/sources/shared/joined_adapter.h"
#include "testing/textfile/text_file.h"

namespace headwater::testing {
namespace {

using sources::Place;

constexpr const char* table_name = "rows";

Error error(std::string_view name, std::string message) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = std::string(name),
          .message = std::move(message),
          .next = "headwater position -c FILE set latest"};
}

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

/// Sleeps until somebody writes to the file.
class Alarm {
 public:
  explicit Alarm(const std::string& path) {
    ::inotify_add_watch(changes_.get(), path.c_str(), IN_MODIFY);
  }

  void wait(Milliseconds wait, const std::stop_token& stop) {
    const Wake stopped;
    const std::stop_callback wake(stop, [&] { stopped.signal(); });
    std::array<pollfd, 2> either{pollfd{changes_.get(), POLLIN, 0}, {stopped.get(), POLLIN, 0}};
    const auto longest = std::min<std::int64_t>(wait.count(), std::numeric_limits<int>::max());
    ::poll(either.data(), either.size(), static_cast<int>(longest));
    std::array<char, 4096> ignored{};
    while (::read(changes_.get(), ignored.data(), ignored.size()) > 0) continue;
  }

 private:
  Descriptor changes_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
};

/// Position: {"id":ID,"number":N,"stamp":STAMP, …}, of the last change.
class TextLog final : public sources::ChangeLog {
 public:
  TextLog(std::string path, const Clock& clock)
      : path_(std::move(path)), clock_(&clock), alarm_(path_) {}

  Result<Place> seek(const Position& position) override {
    std::string wrong;
    const auto json = Json::parse(position.token, wrong);
    if (!json) return fail(error(sources::bad_position, wrong));
    MemberReader reader(*json, wrong);
    const std::string id = reader.text("id");
    number_ = reader.unsigned_integer("number");
    stamp_ = reader.text("stamp");
    Place place = sources::place_from(reader);
    if (!wrong.empty()) return fail(error(sources::bad_position, wrong));
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    if (file->id != id) return fail(error(sources::other_database, path_ + " is not " + id));
    if (number_ < file->base) return fail(error(history_lost, path_ + " begins later"));
    if (file->stamp_of(number_) != stamp_) {
      return fail(error(went_back, path_ + " has another change " + stamp_));
    }
    go_to(*file, number_);
    return place;
  }

  Result<void> start(sources::StartAt where) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    go_to(*file, where == sources::StartAt::now ? file->last() : file->base);
    return {};
  }
  void stop() override { at_hand_.clear(); }
  [[nodiscard]] sources::Mark opened() const override { return opened_; }

  Result<sources::LogChange*> next() override {
    if (at_hand_.empty()) return nullptr;
    if (made_ == at_hand_.front().number) return &next_;
    const TextLine& line = at_hand_.front();
    const Op op = line.kind == 'i' ? Op::insert : line.kind == 'u' ? Op::update : Op::remove;
    made_ = line.number;
    next_ = {
        .change = change_of(op, std::to_string(made_) + "-" + line.stamp, line.key, line.value),
        .point = {.high = line.commit},
        .of_a_row = true,
        .key = std::to_string(line.key)};
    next_.change.transaction =
        Transaction{.id = line.stamp, .ordinal = 0, .last = line.number == line.commit};
    return &next_;
  }
  void take() override {
    number_ = at_hand_.front().number;
    commit_ = at_hand_.front().commit;
    stamp_ = at_hand_.front().stamp;
    at_hand_.pop_front();
  }
  [[nodiscard]] std::size_t at_hand() const override { return at_hand_.size(); }

  Result<sources::Came> wait(Milliseconds wait, bool /*soon*/,
                             const std::stop_token& stop) override {
    const SteadyTime until = clock_->steady() + wait;
    for (;;) {
      auto file = TextFile::read(path_);
      if (!file) return failed(file);
      std::ranges::copy_if(file->lines, std::back_inserter(at_hand_),
                           [&](const TextLine& line) { return line.number > read_; });
      read_ = std::max(read_, file->last());
      if (!at_hand_.empty()) return sources::Came::more;
      const auto left = std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
      // Once it is known, there is nothing to say until something is written.
      if (std::exchange(known_, read_) != read_) return sources::Came::end;
      if (left <= Milliseconds(0) || stop.stop_requested()) return sources::Came::nothing;
      alarm_.wait(left, stop);
    }
  }

  [[nodiscard]] sources::LogPoint taken() const override { return {.high = commit_}; }
  [[nodiscard]] sources::Mark mark(sources::LogPoint point) const override {
    return {.point = point};
  }
  [[nodiscard]] bool reached(const sources::Mark& mark) const override {
    return read_ >= mark.point.high;
  }

  [[nodiscard]] Position position(const Place& place) const override {
    std::string text = R"({"id":)";
    append_json_string(text, id_);
    text += R"(,"number":)" + std::to_string(number_) + R"(,"stamp":)";
    append_json_string(text, stamp_);
    sources::append_place(text, place);
    return {text + "}"};
  }
  void describe_gap(Change& gap, const Position& lost) const override {
    gap.database = "text";
    gap.table = table_name;
    gap.gap->from = lost.token;
    gap.gap->to = std::to_string(number_ + 1);
  }

 private:
  void go_to(const TextFile& file, std::uint64_t number) {
    id_ = file.id;
    number_ = read_ = number;
    stamp_ = file.stamp_of(number);
    commit_ = number > file.base ? file.lines[number - file.base - 1].commit : number;
    opened_ = {.point = {.high = file.last()}};
    made_ = 0;
    known_ = std::numeric_limits<std::uint64_t>::max();
    at_hand_.clear();
  }

  std::string path_;
  const Clock* clock_;
  Alarm alarm_;
  std::string id_;
  std::uint64_t number_ = 0;  // of the last change taken, and
  std::uint64_t commit_ = 0;
  std::string stamp_;
  std::uint64_t read_ = 0;   // of the last change read
  std::uint64_t known_ = 0;  // where Came::end was last said
  std::uint64_t made_ = 0;   // of next_
  sources::Mark opened_;
  std::deque<TextLine> at_hand_;
  sources::LogChange next_;
};

class TextTable final : public sources::TableReader {
 public:
  explicit TextTable(std::string path) : path_(std::move(path)) {}

  Result<std::vector<sources::TableName>> tables(const sources::TableName& after) override {
    std::vector<sources::TableName> names{{"text", "", table_name}};
    if (after >= names[0]) names.clear();
    return names;
  }
  [[nodiscard]] bool reads(const sources::TableName& name) const override {
    return name.table == table_name;
  }
  Result<sources::LogPoint> now() override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    return sources::LogPoint{.high = file->last()};
  }

  Result<sources::Piece> read(const sources::TableName& /*name*/, const std::string& after,
                              sources::LogPoint /*not_before*/) override {
    auto file = TextFile::read(path_);
    if (!file) return failed(file);
    sources::Piece piece{.point = {.high = file->last()}, .last = {}, .end = true};
    const std::string as_of = std::to_string(file->last()) + "-" + file->stamp_of(file->last());
    auto row = after.empty() ? file->rows.begin() : file->rows.upper_bound(std::stoll(after));
    for (; row != file->rows.end() && piece.end; ++row) {
      std::string key = std::to_string(row->first);
      piece.rows.push_back(
          {.change = change_of(Op::read, "snapshot:" + as_of + ":" + key, row->first, row->second),
           .key = key});
      piece.last = std::move(key);
      piece.end = piece.rows.size() < 100;
    }
    return piece;
  }
  [[nodiscard]] sources::Ahead ahead(const sources::LogChange& change,
                                     const std::string& after) override {
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
  Report check(const std::string& /*relay*/, const std::optional<Tail>& /*tail*/) override {
    return {};
  }
  [[nodiscard]] std::string explain(const Position& position) const override {
    return position.token;
  }

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

  TextOptions options_;
};

}  // namespace

std::unique_ptr<SourceAdapter> make_text_source(TextOptions options, const Clock& clock) {
  return std::make_unique<TextAdapter>(std::move(options), clock);
}

}  // namespace headwater::testing
