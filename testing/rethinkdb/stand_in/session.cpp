#include "testing/rethinkdb/stand_in/session.h"

#include <set>
#include <utility>

#include "testing/rethinkdb/stand_in/answers.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/node.h"
#include "testing/rethinkdb/stand_in/objects.h"
#include "testing/rethinkdb/stand_in/system_tables.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {
namespace {

/// What an answer holds at the most.
constexpr std::size_t most_results = 200;
constexpr std::size_t most_bytes = std::size_t{1} << 20U;

/// Adds a result to an answer; returns whether it has room for more.
bool append_result(std::string& results, std::size_t& count, const Datum& datum) {
  if (count++ > 0) results += ',';
  append_to_json(results, datum);
  return count < most_results && results.size() < most_bytes;
}

std::vector<Note> notes_of(const FeedPlan& plan) {
  std::vector<Note> notes{plan.key ? Note::atom_feed : Note::sequence_feed};
  if (plan.states) notes.push_back(Note::includes_states);
  return notes;
}

std::map<std::string, NodePtr> options_of(const Json& query) {
  static const std::set<std::string, std::less<>> known{
      "durability",  "read_mode",   "noreply",    "db",           "profile",       "binary_format",
      "array_limit", "time_format", "user_value", "group_format", "return_changes"};
  std::map<std::string, NodePtr> options;
  for (const Json::Member& each : query.members()) {
    if (!known.contains(each.name)) {
      fail_compile("Unrecognized global optional argument `" + each.name + "`.");
    }
    options.insert_or_assign(each.name, parse_term(each.value));
  }
  return options;
}

}  // namespace

Session::Session(Store& store, Peer& peer) : store_(store), peer_(peer) {}

void Session::serve() {
  Accounts accounts;
  {
    const auto lock = store_.lock();
    accounts = store_.users().accounts();
  }
  if (!peer_.log_in(accounts)) return;
  for (;;) {
    if (peer_.wait_for_bytes(wake_->get())) {
      const auto frame = peer_.query();
      if (!frame) break;
      handle(*frame);
    } else {
      wake_->drain();
      serve_feeds();
    }
  }
  // What the queries hold belongs to the store.
  const auto lock = store_.lock();
  queries_.clear();
}

void Session::handle(const Frame& frame) {
  enum Type { starting = 1, proceeding = 2, stopping = 3, noreply_wait = 4, server_info = 5 };
  const auto query = Json::parse(frame.json);
  if (!query) {
    return peer_.answer(frame.token,
                        client_error("Client is buggy (failed to deserialize query)."));
  }
  if (!query->is_array()) {
    return peer_.answer(frame.token, client_error("Server could not parse query: Expected a query "
                                                  "to be an array, but found another type."));
  }
  const auto type = (*query)[std::size_t{0}].integer().value_or(0);
  if (type == starting && query->size() > 1) return start(frame.token, *query);
  if (type == proceeding) return proceed(frame.token);
  if (type == stopping) return stop(frame.token);
  if (type == noreply_wait) {
    return peer_.answer(frame.token, answer_of(AnswerType::wait_complete, ""));
  }
  if (type == server_info) {
    const Datum server =
        Datum::Object{{"id", store_.server_id()}, {"name", server_name}, {"proxy", false}};
    return peer_.answer(frame.token, answer_of(AnswerType::server_info, to_json(server)));
  }
  peer_.answer(frame.token, client_error("Server could not parse query: Unrecognized QueryType: " +
                                         std::to_string(type) + "."));
}

template <class Make>
std::string Session::or_error(Token token, const Make& make) {
  try {
    return make();
  } catch (const QueryError& failed) {
    queries_.erase(token);
    return answer_of(failed);
  }
}

void Session::start(Token token, const Json& query) {
  if (queries_.contains(token)) {
    return peer_.answer(token, client_error("ERROR: duplicate token " + std::to_string(token)));
  }
  const auto lock = store_.lock();
  const auto evaluator = std::make_shared<Evaluator>(store_, peer_.user());
  const std::string answer = or_error(token, [&] {
    evaluator->set_options(options_of(query[2]));
    return first_answer(token, parse_term(query[1]), evaluator);
  });
  if (evaluator->writes() > 0) store_.faults().count_write();
  const auto noreply = query[2]["noreply"].boolean();
  if (!noreply.value_or(false)) peer_.answer(token, answer);
}

std::string Session::first_answer(Token token, const NodePtr& root,
                                  std::shared_ptr<Evaluator> evaluator) {
  const Value value = evaluator->evaluate(root, nullptr);
  if (const auto* const plan = std::get_if<FeedPlan>(&value)) {
    const auto feed = std::make_shared<Feed>(*plan, wake_);
    plan->slice.table->watch(feed);
    Query& query = queries_[token] = {.evaluator = std::move(evaluator), .feed = feed};
    return *feed_part(token, query, true);
  }
  if (std::holds_alternative<Slice>(value) || std::holds_alternative<Sequence>(value)) {
    Pull rows = evaluator->elements_of(value);
    Query& query = queries_[token] = {.evaluator = std::move(evaluator), .rows = std::move(rows)};
    return rows_part(token, query);
  }
  if (!std::holds_alternative<Datum>(value) && !std::holds_alternative<Row>(value)) {
    fail("Query result must be of type DATUM, GROUPED_DATA, or STREAM (got " + type_name(value) +
         ").");
  }
  const Datum result = evaluator->as_datum(value);
  refuse_literals(result);
  return answer_of(AnswerType::atom, to_json(result));
}

void Session::proceed(Token token) {
  const auto found = queries_.find(token);
  if (found == queries_.end()) return peer_.answer(token, unknown_token(token));
  const auto lock = store_.lock();
  Query& query = found->second;
  if (!query.feed) {
    const std::string answer = or_error(token, [&] { return rows_part(token, query); });
    return peer_.answer(token, answer);
  }
  if (const auto answer = feed_part(token, query, false)) return peer_.answer(token, *answer);
  query.waiting = true;
}

void Session::stop(Token token) {
  const auto found = queries_.find(token);
  if (found == queries_.end()) return peer_.answer(token, unknown_token(token));
  const std::string end = answer_of(AnswerType::sequence, "", {});
  if (found->second.waiting) peer_.answer(token, end);
  {
    const auto lock = store_.lock();
    queries_.erase(found);
  }
  peer_.answer(token, end);
}

void Session::serve_feeds() {
  std::vector<std::pair<Token, std::string>> answers;
  {
    const auto lock = store_.lock();
    std::vector<Token> waiting;
    for (const auto& [token, query] : queries_) {
      if (query.waiting) waiting.push_back(token);
    }
    for (const Token token : waiting) {
      Query& query = queries_.at(token);
      auto answer = feed_part(token, query, false);
      if (!answer) continue;
      if (queries_.contains(token)) query.waiting = false;
      answers.emplace_back(token, *std::move(answer));
    }
  }
  for (const auto& [token, answer] : answers) peer_.answer(token, answer);
}

std::string Session::rows_part(Token token, Query& query) {
  std::string results;
  std::size_t count = 0;
  for (bool room = true; room;) {
    const auto each = query.rows();
    if (!each) {
      queries_.erase(token);
      return answer_of(AnswerType::sequence, results, {});
    }
    room = append_result(results, count, *each);
  }
  return answer_of(AnswerType::partial, results, {});
}

std::optional<std::string> Session::feed_part(Token token, Query& query, bool first) {
  Feed& feed = *query.feed;
  if (feed.aborted()) {
    queries_.erase(token);
    return answer_of(
        QueryError{.type = ErrorType::op_failed, .message = "Changefeed aborted (unavailable)."});
  }
  if (!first && !feed.has_something()) return std::nullopt;
  std::string results;
  std::size_t count = 0;
  for (bool room = true; room && feed.has_something();) {
    const bool alone = feed.next_is_alone();
    if (alone && count > 0) break;
    room = append_result(results, count, feed.take()) && !alone;
  }
  return answer_of(AnswerType::partial, results, notes_of(feed.plan()));
}

}  // namespace headwater::rethinkdb::stand_in
