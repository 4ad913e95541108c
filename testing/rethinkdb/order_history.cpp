#include "testing/rethinkdb/order_history.h"

#include <ostream>
#include <sstream>
#include <utility>

#include "src/base/number_in.h"
#include "testing/rethinkdb/order_queries.h"

namespace headwater::rig {

std::ostream& operator<<(std::ostream& to, const OrderHistory::Wrong& wrong) {
  to << wrong.lost << " lost, " << wrong.repeated << " repeated, " << wrong.out_of_order
     << " out of order, " << wrong.not_last << " documents unlike their last event";
  return to << wrong.words;
}

OrderHistory::OrderHistory(const std::string& events, std::set<std::string> apart)
    : apart_(std::move(apart)) {
  std::istringstream lines(events);
  for (std::string line; std::getline(lines, line);) {
    add(Json::parse(line).value_or(Json()));
  }
  for (auto& [key, told] : told_) {
    if (!apart_.contains(key)) check_order(key, told);
  }
}

void OrderHistory::add(const Json& event) {
  const std::string id(event["id"].text().value_or(""));
  const Json& data = event["data"];
  ++events_;
  if (id.starts_with("gap:")) {
    ++gaps_;
    return;
  }
  ids_.insert(id);
  Told told{.version = data["detail"]["version"].unsigned_integer().value_or(0),
            .operation = std::string(data["op"].text().value_or("")),
            .after = data["after"],
            .gaps = gaps_};
  if (told.operation == "read") {
    told.number = data["detail"]["number"].unsigned_integer().value_or(0);
    told_[order_key(data["key"]["id"])].push_back(std::move(told));
    return;
  }
  const auto dash = id.find('-');
  told.number = number_in(id.substr(0, dash));
  told_[id.substr(dash + 1)].push_back(std::move(told));
}

std::string OrderHistory::words_of(const std::string& key, const Told& told) {
  return told.operation + " " + std::to_string(told.number) + " of " + key + ", version " +
         std::to_string(told.version);
}

void OrderHistory::note(std::uint64_t& count, std::uint64_t by, const std::string& words) {
  count += by;
  order_.words += "\n" + words;
}

void OrderHistory::check_order(const std::string& key, std::vector<Told>& told) {
  Told last;
  std::set<std::uint64_t> numbers;
  for (const Told& each : told) {
    const bool is_row = each.operation == "read";
    if (is_row) last = each;
    if (is_row) continue;
    const std::string words = words_of(key, each) + " after " + std::to_string(last.version);
    if (!numbers.insert(each.number).second) {
      note(order_.repeated, 1, words);
      continue;
    }
    const bool begins = each.version == 1 && each.operation == "insert";
    if (each.gaps != last.gaps) {
      // What was between is said to be missing. All rows are read again first, but for those that are
      // marked as deleted.
      if (each.operation != "insert") note(order_.lost, 1, words + ", without a row");
      last = each;
      continue;
    }
    if (each.number < last.number) {
      note(order_.out_of_order, 1, words);
      continue;
    }
    const bool lives_again = begins && last.operation == "delete";
    if (lives_again) ++new_lives_;
    const std::uint64_t due = lives_again ? 1 : last.version + 1;
    if (each.version > due) note(order_.lost, each.version - due, words);
    if (each.version < due) note(order_.lost, 1, words + ", and it was not deleted before");
    last = each;
  }
}

/// Whether a gap is told between the document's events before and after this change.
bool OrderHistory::is_in_gap(const std::string& key, std::uint64_t number) const {
  const auto found = told_.find(key);
  if (found == told_.end()) return false;
  std::uint64_t gaps = 0;
  for (const Told& each : found->second) {
    if (each.number >= number) return each.gaps != gaps;
    gaps = each.gaps;
  }
  return gaps != gaps_;
}

OrderHistory::Wrong OrderHistory::wrong(const Json& documents,
                                        const std::vector<std::string>& acknowledged) const {
  Wrong wrong = order_;
  const auto note = [&wrong](std::uint64_t& count, const std::string& words) {
    ++count;
    wrong.words += "\n" + words;
  };
  std::set<std::string> there;
  for (const Json& document : documents.elements()) {
    const std::string key = order_key(document["id"]);
    const Json& journal = document["_hw"];
    there.insert(key);
    if (apart_.contains(key)) continue;
    const auto found = told_.find(key);
    const bool is_told = found != told_.end() &&
                         found->second.back().number == journal["n"].unsigned_integer() &&
                         found->second.back().version == journal["v"].unsigned_integer();
    Json content = Json::object();
    for (const auto& [name, value] : document.members()) {
      if (name != "_hw") content.set(name, value);
    }
    const bool is_same =
        is_told && (journal["gone"] == true ? found->second.back().operation == "delete"
                                            : found->second.back().after == content);
    if (is_same) continue;
    const std::string last = found == told_.end() ? "nothing" : words_of(key, found->second.back());
    note(wrong.not_last, "the table has " + document.dump() + ", and the stream " + last);
  }
  for (const auto& [key, told] : told_) {
    const bool is_gone = told.back().operation == "delete";
    if (!there.contains(key) && !is_gone && !apart_.contains(key))
      note(wrong.not_last, key + " is not in the table, and its last event is no delete");
  }
  for (const std::string& id : acknowledged) {
    const std::string key = id.substr(id.find('-') + 1);
    if (!ids_.contains(id) && !apart_.contains(key) && !is_in_gap(key, number_in(id))) {
      note(wrong.lost, "the change " + id + " was acknowledged");
    }
  }
  return wrong;
}

}  // namespace headwater::rig
