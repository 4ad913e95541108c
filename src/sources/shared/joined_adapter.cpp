#include "src/sources/shared/joined_adapter.h"

#include <algorithm>
#include <utility>

#include "src/base/nearest.h"
#include "src/event/event_type.h"
#include "src/event/json_text.h"
#include "src/sources/shared/errors.h"
#include "src/sources/shared/request_id.h"

namespace headwater::sources {
namespace {

// It is in every position until all rows are read, and so with every event.
constexpr std::size_t longest_filter = 2'000;

Error refusal(std::string name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = std::move(name),
          .message = std::move(message),
          .next = std::move(next)};
}

/// "orders"; "public.orders" if the database has schemas.
std::string name_in_database(const TableName& name) { return table_words(name.schema, name.table); }

/// "shop.orders", "shop.public.orders".
std::string full_name(const TableName& name) {
  return name.database + "." + name_in_database(name);
}

/// The table that a person means by its name, with or without its schema and database.
Result<TableName> table_for(const std::vector<TableName>& tables, const std::string& relay,
                            const std::string& word) {
  std::vector<std::string> names;
  std::vector<TableName> meant;
  for (const TableName& table : tables) {
    if (full_name(table) == word || name_in_database(table) == word) return table;
    if (table.table == word) meant.push_back(table);
    names.push_back(name_in_database(table));
  }
  if (meant.size() == 1) return std::move(meant.front());
  const std::string next =
      "headwater snapshot -c FILE TABLE, with the name of one that the relay publishes";
  if (meant.empty()) {
    return fail(refusal(
        "source.no_such_table",
        "relay " + relay + " publishes no " + word + suggestion(word, names, "names"), next));
  }
  return fail(refusal("source.no_such_table",
                      "relay " + relay + " publishes several that are called " + word,
                      "headwater snapshot -c FILE " + full_name(meant.front())));
}

/// Without its id.
Result<ReadRequest> request_for(TableReader& reader, const std::string& relay,
                                const std::vector<std::string>& words, const std::string& filter) {
  if (auto ready = reader.ready(); !ready) return failed(ready);
  auto there = reader.tables({}, {});
  if (!there) return failed(there);
  if (filter.size() > longest_filter) {
    return fail(refusal("source.bad_filter",
                        "the filter has " + std::to_string(filter.size()) +
                            " bytes; the limit is " + std::to_string(longest_filter),
                        "headwater snapshot -c FILE TABLE --where, with a shorter filter"));
  }
  ReadRequest request{.id = {}, .tables = {}, .filter = filter};
  for (const std::string& word : words) {
    auto table = table_for(*there, relay, word);
    if (!table) return failed(table);
    if (!filter.empty()) {
      if (auto sound = reader.check_filter(*table, filter); !sound) return failed(sound);
    }
    request.tables.push_back(*std::move(table));
  }
  std::ranges::sort(request.tables);
  request.tables.erase(std::unique(request.tables.begin(), request.tables.end()),
                       request.tables.end());
  return request;
}

}  // namespace

OnLarge JoinedAdapter::on_large() const { return policies().large.policy; }

Result<Report> JoinedAdapter::remove(const std::string& /*relay*/) {
  return Report{
      {.kind = Finding::Kind::ok, .what = "nothing was installed in the database", .next = {}}};
}

Report JoinedAdapter::check(const std::string& /*relay*/, const std::optional<Tail>& tail) {
  auto connected = parts();
  if (!connected) return {problem(connected.error())};
  if (!tail || tail->position.empty()) {
    return {{.kind = Finding::Kind::ok, .what = describe() + " answers", .next = {}}};
  }
  auto place = connected->log->seek(tail->position, {});
  if (!place) return {problem(connected->log->last_word(std::move(place.error())))};
  return {{.kind = Finding::Kind::ok,
           .what = describe() + " has the changes after the stream's position",
           .next = {}}};
}

Result<Position> JoinedAdapter::beginning(const std::string& /*relay*/) {
  auto connected = parts();
  if (!connected) return failed(connected);
  if (auto started = connected->log->start(StartAt::now, {}); !started) return failed(started);
  return connected->log->position(first_place(policies().snapshot));
}

Result<std::unique_ptr<Source>> JoinedAdapter::connect(const std::string& /*relay*/) {
  auto connected = parts();
  if (!connected) return failed(connected);
  return std::make_unique<JoinedSource>(std::move(*connected), *clock_);
}

Result<std::unique_ptr<Audit>> JoinedAdapter::audit(const std::string& /*relay*/) {
  return fail({.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "source.no_audit",
               .message = describe() + " cannot be compared with a stream",
               .next = {}});
}

Result<Position> JoinedAdapter::position(const std::string& /*relay*/, const std::string& words) {
  auto connected = parts();
  if (!connected) return failed(connected);
  ChangeLog& log = *connected->log;
  if (words != "earliest" && words != "latest") {
    auto place = log.seek({words}, {});
    if (!place) return failed(place);
    return Position{words};
  }
  auto started = log.start(words == "latest" ? StartAt::now : StartAt::oldest, {});
  if (!started) return failed(started);
  return log.position({});
}

Result<std::optional<Position>> JoinedAdapter::read_again(const std::string& relay,
                                                          const Tail& tail,
                                                          const std::vector<std::string>& tables,
                                                          const std::string& filter) {
  if (tail.position.empty()) return fail(not_begun_error(relay));
  auto request = checked(relay, tail, tables, filter);
  if (!request) return failed(request);
  request->id = request_id(tail);
  auto position = with_place(tail.position, [&](Place& place) -> Result<void> {
    if (place.snapshot) return fail(snapshot_running_error(relay, place.snapshot->name.table));
    place.snapshot = TablePlace{.all_changes = true, .request = *std::move(request)};
    return {};
  });
  if (!position) return failed(position);
  return std::optional(*std::move(position));
}

/// The request without its id. The database is asked once: a running relay may move the tail again
/// before a slower answer would come.
Result<ReadRequest> JoinedAdapter::checked(const std::string& relay, const Tail& tail,
                                           const std::vector<std::string>& tables,
                                           const std::string& filter) {
  const std::lock_guard lock(mutex_);
  if (checked_ && checked_->relay == relay && checked_->tables == tables &&
      checked_->request.filter == filter) {
    return checked_->request;
  }
  auto connected = parts();
  if (!connected) return failed(connected);
  ChangeLog& log = *connected->log;
  auto place = log.seek(tail.position, {});
  if (!place) return fail(log.last_word(std::move(place.error())));
  auto request = request_for(*connected->tables, relay, tables, filter);
  if (!request) return fail(log.last_word(std::move(request.error())));
  checked_ = Checked{.relay = relay, .tables = tables, .request = *request};
  return request;
}

}  // namespace headwater::sources
