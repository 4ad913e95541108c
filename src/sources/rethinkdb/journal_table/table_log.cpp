#include "src/sources/rethinkdb/journal_table/table_log.h"

#include <algorithm>
#include <utility>

#include "src/event/json_text.h"
#include "src/ports/loss.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/shared/json_position.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t entries_at_once = 500;
/// A changefeed is only a hint.
constexpr Milliseconds longest_sleep{2'000};

Term journal(const SourceOptions& options) {
  return table(options.database, options.table, {{"read_mode", "majority"}});
}

Term ordered(const Term& entries, const Term& from) {
  return entries
      .then(TermType::between, {from, maxval()},
            {{"left_bound", "open"}, {"right_bound", "closed"}})
      .then(TermType::order_by, {}, {{"index", "id"}});
}

}  // namespace

Position encode_place(const JournalPlace& place) {
  std::string json = R"({"v":1)";
  append_json_member(json, "table", place.table);
  json += R"(,"number":)" + std::to_string(place.number);
  append_json_member(json, "stamp", place.stamp);
  return {json + '}'};
}

Result<JournalPlace> decode_place(const Position& position) {
  const sources::PositionWords words{
      .source = "RethinkDB",
      .next = "headwater position -c FILE, which shows the one in the stream"};
  return sources::read_json_position(position, words, [](MemberReader& members) {
    if (members.unsigned_integer("v") != 1) members.reject("v", "of another version");
    JournalPlace place{.table = members.text("table"),
                       .number = members.unsigned_integer("number"),
                       .stamp = members.text("stamp")};
    if (place.stamp.size() != (place.number == 0 ? 0 : word_size)) {
      members.reject("stamp", "not a stamp");
    }
    return place;
  });
}

TableLog::TableLog(SourceOptions options, std::string table_id, const Clock& clock)
    : QueuedLog(clock),
      options_(std::move(options)),
      table_id_(std::move(table_id)),
      session_(options_),
      wake_(session_) {}

Result<sources::Place> TableLog::seek(const Position& position, const std::stop_token& stop) {
  auto place = decode_place(position);
  if (!place) return failed(place);
  if (place->table != table_id_) {
    return fail(sources::other_database_error("table " + place->table, "table " + table_id_));
  }
  lost_ = place->number;
  if (auto watched = watch(stop); !watched) return failed(watched);
  if (auto sound = check(*place, stop); !sound) return failed(sound);
  // Here, because a policy is for what is found before anything is read.
  if (auto there = check_next(place->number, stop); !there) return failed(there);
  auto last = newest_entry(stop);
  if (!last) return failed(last);
  const std::uint64_t newest = *last ? (*last)->number : 0;
  const sources::LogPoint at{.high = place->number};
  go_to(*std::move(place), at, at, {.high = newest});
  return sources::Place();
}

Result<void> TableLog::check(const JournalPlace& place, const std::stop_token& stop) {
  if (place.number == 0) return {};
  const Term entry =
      journal(options_).then(TermType::get, {static_cast<std::int64_t>(place.number)});
  auto found = session_.ask(entry, stop);
  if (!found) return failed(found);
  if (found->one() != "null") {
    auto there = numbered_entry(found->one());
    if (!there) return failed(there);
    if (there->stamp == place.stamp) return {};
    return fail(sources::loss_error(went_back, "entry " + std::to_string(place.number) + " of " +
                                                   options_.words() +
                                                   " is another one than in the stream"));
  }
  auto last = newest_entry(stop);
  if (!last) return failed(last);
  // The service removes old entries when it likes. What follows this one must be there.
  if (*last && (*last)->number > place.number) return {};
  return fail(sources::loss_error(went_back, options_.words() + " ends before entry " +
                                                 std::to_string(place.number) +
                                                 ", which is in the stream"));
}

Result<void> TableLog::start(sources::StartAt where, const std::stop_token& stop) {
  if (auto watched = watch(stop); !watched) return watched;
  auto last = newest_entry(stop);
  if (!last) return failed(last);
  const std::uint64_t newest = *last ? (*last)->number : 0;
  JournalPlace place{.table = table_id_};
  if (where == sources::StartAt::now && *last) {
    place.number = newest;
    place.stamp = (*last)->stamp;
  } else if (where == sources::StartAt::oldest) {
    auto first = first_after(lost_, stop);
    if (!first) return failed(first);
    place.number = *first ? (*first)->number - 1 : newest;
    // Of an entry that is gone, nothing is known.
    if (place.number != 0) place.stamp = std::string(word_size, '0');
  }
  const sources::LogPoint at{.high = place.number};
  go_to(std::move(place), at, at, {.high = newest});
  return {};
}

Result<void> TableLog::watch(const std::stop_token& stop) {
  session_.close();
  const Term numbers = table(options_.database, options_.table).then(TermType::pluck, {"id"});
  return wake_.begin(numbers.then(TermType::changes).then(TermType::map, {func({1}, 1)}), stop);
}

void TableLog::stop() {
  QueuedLog::stop();
  session_.close();
  wake_.drop();
  woken_.reset();
}

Result<std::optional<JournalEntry>> TableLog::one_of(const Term& entries,
                                                     const std::stop_token& stop) {
  auto found = session_.ask(entries.then(TermType::limit, {1}), stop);
  if (!found) return failed(found);
  if (found->values.empty()) return std::optional<JournalEntry>();
  auto entry = numbered_entry(found->one());
  if (!entry) return failed(entry);
  return std::optional(*std::move(entry));
}

Result<std::optional<JournalEntry>> TableLog::newest_entry(const std::stop_token& stop) {
  const Term falling = Term::call(TermType::desc, {"id"});
  return one_of(journal(options_).then(TermType::order_by, {}, {{"index", falling}}), stop);
}

Result<std::optional<JournalEntry>> TableLog::first_after(std::uint64_t number,
                                                          const std::stop_token& stop) {
  return one_of(ordered(journal(options_), static_cast<std::int64_t>(number)), stop);
}

Error TableLog::missing(std::uint64_t number) const {
  return sources::loss_error(history_lost, "entry " + std::to_string(number) + " of " +
                                               options_.words() +
                                               " is missing, and there are later ones");
}

Result<void> TableLog::check_next(std::uint64_t number, const std::stop_token& stop) {
  auto next = first_after(number, stop);
  // A read of several shards is not one moment.
  if (next && *next && (*next)->number != number + 1) next = first_after(number, stop);
  if (!next) return failed(next);
  if (*next && (*next)->number != number + 1) return fail(missing(number + 1));
  return {};
}

Result<std::vector<JournalEntry>> TableLog::entries_after(std::uint64_t number, std::size_t count) {
  const Term page = ordered(journal(options_), static_cast<std::int64_t>(number))
                        .then(TermType::limit, {static_cast<std::int64_t>(count)});
  auto found = session_.ask(page, {});
  if (!found) return failed(found);
  std::vector<JournalEntry> entries;
  for (const std::string_view json : found->values) {
    auto entry = journal_entry(json);
    // What comes before it, first.
    if (!entry && !entries.empty()) break;
    if (!entry) return failed(entry);
    if (entry->number != number + entries.size() + 1) break;
    entries.push_back(*std::move(entry));
  }
  if (entries.empty() && !found->values.empty()) return fail(missing(number + 1));
  return entries;
}

Result<std::vector<JournalEntry>> TableLog::next_entries(std::uint64_t number, std::size_t count) {
  auto entries = entries_after(number, count);
  // A read of several shards is not one moment.
  if (!entries && entries.error().name == history_lost) return entries_after(number, count);
  return entries;
}

Result<sources::LogPoint> TableLog::fetch(sources::LogPoint read) {
  if (woken_) return fail(*std::exchange(woken_, std::nullopt));
  auto entries = next_entries(read.high, entries_at_once);
  if (!entries) {
    lost_ = read.high;
    return failed(entries);
  }
  for (JournalEntry& entry : *entries) {
    read.high = entry.number;
    JournalPlace after{.table = table_id_, .number = entry.number, .stamp = entry.stamp};
    add({.change = change_of(options_.database, std::move(entry)), .point = read, .of_a_row = true},
        std::move(after));
  }
  return read;
}

void TableLog::sleep(Milliseconds longest, const std::stop_token& stop) {
  auto woken = wake_.wait(std::min(longest, longest_sleep), stop);
  if (!woken) woken_ = std::move(woken.error());
}

Position TableLog::position(const sources::Place& /*place*/) const { return encode_place(at()); }

void TableLog::describe_gap(Change& gap, const Position& lost) const {
  gap.database = options_.database;
  gap.table = options_.table;
  gap.gap->from = lost.token;
  gap.gap->to = "entry " + std::to_string(at().number + 1);
}

}  // namespace headwater::rethinkdb
