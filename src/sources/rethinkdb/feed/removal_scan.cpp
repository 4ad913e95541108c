#include "src/sources/rethinkdb/feed/removal_scan.h"

#include <algorithm>

#include "src/event/json_scan.h"
#include "src/json/json.h"
#include "src/sources/rethinkdb/journal/known_keys.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t keys_at_once = 500;

/// {"id":KEY,"n":NUMBER}
std::optional<Taken> noted_in(std::string_view json) {
  const auto parts = json_parts(json);
  Taken noted;
  if (!parts) return std::nullopt;
  for (const JsonPart& part : *parts) {
    if (part.name == "id") noted.key = part.value;
    if (part.name != "n") continue;
    const auto number = Json::parse(part.value).value_or(Json()).unsigned_integer();
    if (!number) return std::nullopt;
    noted.number = *number;
  }
  return noted;
}

}  // namespace

Result<void> RemovalScan::note(const TableNames& table,
                               const std::vector<JournaledDocument>& documents,
                               const std::stop_token& stop) {
  std::vector<Taken> keys;
  keys.reserve(documents.size());
  for (const JournaledDocument& document : documents) {
    // `init` has noted those from before the journal.
    if (document.number != 0) keys.push_back({.key = document.key, .number = document.number});
  }
  if (keys.empty()) return {};
  auto noted = session_->ask(note_keys(table, keys), stop);
  if (!noted) return failed(noted);
  const auto counts = Json::parse(noted->one());
  if (counts && counts->contains("first_error")) {
    return fail(bad_message("the server refused to note keys: " +
                            std::string((*counts)["first_error"].text().value_or(""))));
  }
  return {};
}

Result<std::optional<std::vector<Taken>>> RemovalScan::next(const TableNames& table,
                                                            const std::stop_token& stop) {
  auto found = session_->ask(missing_keys(table, after_, keys_at_once), stop);
  if (!found) return failed(found);
  const auto parts = json_parts(found->one());
  if (!parts || parts->size() != 2) return fail(bad_message("the answer to a scan is not a pair"));
  if ((*parts)[0].value == "null") {
    begin();
    return std::nullopt;
  }
  after_ = (*parts)[0].value;
  std::vector<Taken> removed;
  if ((*parts)[1].value == "[]") return std::optional(std::move(removed));
  auto sure = session_->ask(surely_missing(table, (*parts)[1].value), stop);
  if (!sure) return failed(sure);
  const auto notes = json_parts(sure->one());
  if (!notes) return fail(bad_message("the answer to a scan is not a list"));
  for (const JsonPart& each : *notes) {
    auto noted = noted_in(each.value);
    if (!noted) return fail(bad_message("a noted key has no number"));
    ++noted->number;
    removed.push_back(*std::move(noted));
  }
  return std::optional(std::move(removed));
}

}  // namespace headwater::rethinkdb
