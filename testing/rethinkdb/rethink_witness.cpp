#include "testing/rethinkdb/rethink_witness.h"

#include <algorithm>
#include <utility>

#include "src/base/number_in.h"
#include "src/rethinkdb/query.h"
#include "testing/rig/server_program.h"
#include "testing/rig/source_under_test.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

std::string words_for(const std::string& key, const std::string& what) {
  return "document " + key + ": " + what;
}

std::string words_for(const std::vector<std::uint64_t>& numbers) {
  std::string words;
  for (const std::uint64_t number : numbers) words += " " + std::to_string(number);
  return words.empty() ? " none" : words;
}

}  // namespace

RethinkWitness::RethinkWitness(RethinkServer& server) : server_(&server) {
  known_.before = states();
  begin_feed();
}

void RethinkWitness::begin_feed() {
  auto opened = rethinkdb::Connection::open(server_->options(), {});
  if (!opened) give_up(opened.error().message);
  connection_ = *std::move(opened);
  const auto token = connection_->send(rethinkdb::query::start(order_feed()), {});
  if (!token) give_up(token.error().message);
  feed_ = *token;
  // Its state: it misses nothing from here on.
  if (!receive()) give_up("the changefeed does not begin");
}

bool RethinkWitness::receive() {
  const auto reply = connection_->receive(feed_, patience, {});
  if (!reply) give_up("the changefeed: " + reply.error().error.message);
  if (!*reply) return false;
  for (const std::string_view each : (*reply)->answer.results)
    see(Json::parse(each).value_or(Json()));
  if (const auto more = connection_->proceed(feed_, {}); !more) give_up(more.error().message);
  return true;
}

void RethinkWitness::see(const Json& entry) {
  if (entry["error"].text()) give_up("the changefeed: " + entry.dump());
  const std::uint64_t number = entry[2].unsigned_integer().value_or(0);
  // A state; or the document is removed for good, or something of its journal is forgotten.
  if (!entry.is_array() || number == 0 || entry[1] == entry[2]) return;
  const std::string key = order_key(entry[0]);
  known_.seen.push_back({.key = key, .number = number, .operation = {}});
  known_.numbers[key].push_back(number);
  if (entry[4] == true) known_.deleted.insert(key);
}

/// Up to what the documents say now.
void RethinkWitness::read_on() {
  if (!known_.sees_all) return;
  for (const auto& [key, now] : states()) {
    if (due(key, now) == 0) continue;
    const Numbers& numbers = known_.numbers[key];
    while (numbers.empty() || numbers.back() < now.number) {
      if (!receive()) give_up("the changefeed lacks a change of " + key);
    }
  }
}

void RethinkWitness::acknowledge(const std::vector<OrderChange>& changes) {
  const std::lock_guard lock(mutex_);
  for (const OrderChange& each : changes) known_.acknowledged[each.key].insert(each.number);
}

std::vector<std::string> RethinkWitness::acknowledged() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [key, numbers] : known_.acknowledged) {
    for (const std::uint64_t number : numbers) {
      ids.push_back(OrderChange{.key = key, .number = number, .operation = {}}.id());
    }
  }
  return ids;
}

void RethinkWitness::lose_sight() {
  known_.sees_all = false;
  connection_.reset();
}

void RethinkWitness::keep() {
  read_on();
  kept_ = known_;
  connection_.reset();
}

void RethinkWitness::kept() {
  if (known_.sees_all) begin_feed();
}

void RethinkWitness::go_back() {
  known_ = *kept_;
  kept();
}

RethinkWitness::States RethinkWitness::states() const {
  States all;
  const Json rows = server_->run(order_states());
  for (const Json& row : rows.elements()) all.emplace(order_key(row[0]), state_in(row));
  return all;
}

std::uint64_t RethinkWitness::due(const std::string& key, const OrderState& now) const {
  const auto before = known_.before.find(key);
  return now.version - (before == known_.before.end() ? 0 : before->second.version);
}

std::uint64_t RethinkWitness::count() const {
  std::uint64_t all = 0;
  for (const auto& [key, now] : states()) all += due(key, now);
  return all;
}

std::vector<std::string> RethinkWitness::ids() {
  read_on();
  std::vector<std::string> ids;
  if (known_.sees_all) {
    for (const OrderChange& each : known_.seen) ids.push_back(each.id());
    return ids;
  }
  ids = acknowledged();
  const std::lock_guard lock(mutex_);
  for (const auto& [key, now] : states()) {
    const std::uint64_t all = due(key, now);
    for (std::uint64_t known = known_.acknowledged[key].size(); known < all; ++known)
      ids.push_back("?-" + key);
  }
  return ids;
}

bool RethinkWitness::has_deleted(const std::string& key) {
  read_on();
  return known_.deleted.contains(key);
}

std::string RethinkWitness::difference(const std::vector<std::string>& ids,
                                       const std::set<std::string>* read) {
  read_on();
  std::map<std::string, Numbers> found;
  for (const std::string& id : ids) {
    const auto dash = id.find('-');
    found[id.substr(dash + 1)].push_back(number_in(id.substr(0, dash)));
  }
  const States now = states();
  for (const auto& [key, numbers] : found) {
    if (!now.contains(key)) return words_for(key, "it is in the stream, and not in the database");
  }
  for (const auto& [key, state] : now) {
    const std::string wrong = difference_of(key, state, found[key], read);
    if (wrong.empty()) continue;
    return words_for(key, wrong) + "; stream:" + words_for(found[key]) +
           "; changefeed:" + words_for(known_.numbers[key]);
  }
  return "";
}

std::string RethinkWitness::difference_of(const std::string& key, const OrderState& now,
                                          const Numbers& found,
                                          const std::set<std::string>* read) const {
  const std::uint64_t all = due(key, now);
  const bool joined = read != nullptr;
  std::string counts = std::to_string(found.size()) + " changes in the stream, " +
                       std::to_string(all) + " in the database";
  if (joined ? found.size() > all : found.size() != all) return counts;
  if (std::ranges::adjacent_find(found, std::greater_equal()) != found.end()) {
    return "changes are repeated, or in another order";
  }
  if (!found.empty() && found.back() != now.number) {
    return "the last change has number " + std::to_string(found.back()) + ", should be " +
           std::to_string(now.number);
  }
  // What is left out must be in a row.
  if (found.size() < all && !read->contains(key) && !now.gone && !known_.deleted.contains(key)) {
    return "neither read nor complete: " + counts;
  }
  const auto acknowledged = known_.acknowledged.find(key);
  if (acknowledged != known_.acknowledged.end()) {
    for (const std::uint64_t number : acknowledged->second) {
      const bool in_row = joined && (found.empty() || number < found.front());
      if (!in_row && !std::ranges::binary_search(found, number))
        return "change " + std::to_string(number) + " was acknowledged, and is missing";
    }
  }
  const auto seen = known_.numbers.find(key);
  if (!known_.sees_all || seen == known_.numbers.end()) return "";
  return difference_from_seen(seen->second, found, joined);
}

std::string RethinkWitness::difference_from_seen(const Numbers& expected, const Numbers& found,
                                                 bool joined) const {
  if (expected.size() < found.size()) return "the changefeed has fewer changes than the stream";
  const auto left_out = static_cast<std::ptrdiff_t>(joined ? expected.size() - found.size() : 0);
  if (std::ranges::equal(expected.begin() + left_out, expected.end(), found.begin(), found.end()))
    return "";
  return "the changefeed has" + words_for(expected) + ", and the stream" + words_for(found);
}

}  // namespace headwater::rig
