#include <algorithm>
#include <cstdlib>

#include "src/inbox/postgresql/arrays.h"
#include "src/inbox/postgresql/state.h"
#include "src/inbox/shared/distinct.h"
#include "src/inbox/shared/pieces.h"
#include "src/inbox/shared/stored.h"

namespace headwater::client {
namespace {

/// From an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
inbox::Cause cause_of(std::string_view state) {
  if (state == "40001" || state == "40P01" || state == "55P03") return inbox::Cause::busy;
  if (state == "25006") return inbox::Cause::read_only;
  if (state == "42501" || state.starts_with("28")) return inbox::Cause::denied;
  if (state.starts_with("53")) return inbox::Cause::full;
  if (state.starts_with("08") || state.starts_with("57P")) return inbox::Cause::connection;
  return inbox::Cause::other;
}

/// Without the line end that libpq adds.
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

std::string_view value(const PGresult* answer, int row, int column) {
  return {PQgetvalue(answer, row, column),
          static_cast<std::size_t>(PQgetlength(answer, row, column))};
}

std::string_view sql_state(const PGresult* answer) {
  const char* state = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  return state == nullptr ? std::string_view() : state;
}
constexpr std::string_view unique_violation = "23505";

bool succeeded(const PGresult* answer) {
  const auto status = PQresultStatus(answer);
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/// A pass looks at about a thousand ids at once.
constexpr std::uint64_t part_pages = 16;

}  // namespace

struct PostgresInbox::State::Arrays {
  explicit Arrays(const std::vector<inbox::First>& all)
      : sources(inbox::text_type, all.size()),
        ids(inbox::text_type, all.size()),
        sequences(inbox::bigint_type, all.size()) {
    for (const auto& each : all) {
      sources.add(each.delivery.source);
      ids.add(each.delivery.id);
      sequences.add(inbox::stored(each.delivery.sequence));
    }
  }
  [[nodiscard]] std::vector<Parameter> parameters() const {
    return {{inbox::text_array_type, sources.bytes(), true},
            {inbox::text_array_type, ids.bytes(), true},
            {inbox::bigint_array_type, sequences.bytes(), true}};
  }

  inbox::BinaryArray sources;
  inbox::BinaryArray ids;
  inbox::BinaryArray sequences;
};

Error PostgresInbox::State::error(const PGresult* answer) const {
  const std::string said =
      "PostgreSQL: " + std::string(trimmed(answer == nullptr ? PQerrorMessage(connection)
                                                             : PQresultErrorMessage(answer)));
  auto cause = cause_of(sql_state(answer));
  if (PQstatus(connection) != CONNECTION_OK) cause = inbox::Cause::connection;
  return inbox::database_error(options, cause, said);
}

auto PostgresInbox::State::send(const std::string& sql,
                                const std::vector<Parameter>& parameters) const -> Answer {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const Parameter& each : parameters) {
    types.push_back(each.type);
    values.push_back(each.bytes.data());
    lengths.push_back(static_cast<int>(each.bytes.size()));
    formats.push_back(each.binary ? 1 : 0);
  }
  return Answer(PQexecParams(connection, sql.c_str(), static_cast<int>(types.size()), types.data(),
                             values.data(), lengths.data(), formats.data(), 0));
}

auto PostgresInbox::State::query(const std::string& sql,
                                 const std::vector<Parameter>& parameters) const -> Result<Answer> {
  auto answer = send(sql, parameters);
  if (!succeeded(answer.get())) return error(answer.get());
  return answer;
}

Result<void> PostgresInbox::State::execute(const std::string& sql) const {
  const Answer answer(PQexec(connection, sql.c_str()));
  if (!succeeded(answer.get())) return error(answer.get());
  return {};
}

Result<std::string> PostgresInbox::State::text(const std::string& sql,
                                               const std::string& parameter) const {
  auto answer = query(sql, {{.type = inbox::text_type, .bytes = parameter}});
  if (!answer) return answer.error();
  if (PQntuples(answer->get()) == 0) return std::string();
  return std::string(value(answer->get(), 0, 0));
}

void PostgresInbox::State::write_statements() {
  const std::string ids = table();
  const std::string rows = "unnest($1, $2, $3) AS d(source, id, sequence)";
  const std::string old = "claimed_at < statement_timestamp() - interval '" +
                          std::to_string(options.keep.count()) + " seconds' AND sequence <= $1";
  const std::string part = " FROM " + ids + " WHERE ctid >= $2 AND ctid < $3";
  // Functions in FROM would first store their rows.
  insert =
      "INSERT INTO " + ids + " SELECT unnest($1), unnest($2), unnest($3), statement_timestamp()";
  insert_new = insert + " ON CONFLICT (source, id) DO NOTHING RETURNING source, id";
  raise = "UPDATE " + ids + " t SET sequence = d.sequence FROM " + rows +
          " WHERE t.source = d.source AND t.id = d.id AND t.sequence < d.sequence";
  remove = "WITH gone AS (DELETE FROM " + ids + " WHERE ctid = ANY (ARRAY(SELECT ctid" + part +
           " AND " + old + " LIMIT " + std::to_string(inbox::piece) +
           " FOR UPDATE SKIP LOCKED)) RETURNING 1)"
           " SELECT (SELECT count(*) FROM gone), count(*) FILTER (WHERE " +
           old + "), floor(extract(epoch FROM min(claimed_at) FILTER (WHERE NOT (" + old +
           "))))::bigint, floor(extract(epoch FROM statement_timestamp()))::bigint,"
           " pg_relation_size(to_regclass('" +
           ids + "')) / current_setting('block_size')::bigint" + part;
}

PostgresInbox::PostgresInbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
PostgresInbox::PostgresInbox(PostgresInbox&&) noexcept = default;
PostgresInbox& PostgresInbox::operator=(PostgresInbox&&) noexcept = default;
PostgresInbox::~PostgresInbox() = default;

Result<PostgresInbox> PostgresInbox::open(PGconn* connection, InboxOptions options) {
  if (auto checked = inbox::check_options(options); !checked) return checked.error();
  auto state = std::make_unique<State>(connection, std::move(options));
  const auto transaction = PQtransactionStatus(connection);
  if (transaction == PQTRANS_INTRANS || transaction == PQTRANS_INERROR) {
    return inbox::in_transaction(state->options, "open()");
  }
  auto exists = state->exists();
  if (!exists) return exists.error();
  if (!*exists) {
    if (auto created = state->create(); !created) return created.error();
  }
  if (auto checked = state->check(); !checked) return checked.error();
  state->write_statements();
  return PostgresInbox(std::move(state));
}

Result<std::vector<bool>> PostgresInbox::claim(std::span<const Delivery> deliveries) {
  State& state = *state_;
  if (PQtransactionStatus(state.connection) == PQTRANS_IDLE) {
    return inbox::no_transaction(state.options, "BEGIN");
  }
  std::vector<bool> is_new(deliveries.size());
  if (deliveries.empty()) return is_new;
  const auto all = inbox::distinct(deliveries);
  const State::Arrays arrays(all);
  if (!state.repeats) {
    auto claimed = state.claim_new(arrays);
    if (!claimed) return claimed.error();
    for (const auto& each : all) is_new[each.index] = *claimed;
    state.repeats = !*claimed;
    if (*claimed) return is_new;
  }
  auto inserted = state.query(state.insert_new, arrays.parameters());
  if (!inserted) return inserted.error();
  const int rows = PQntuples(inserted->get());
  // The rows come in the order in which they were inserted.
  int row = 0;
  for (const auto& each : all) {
    if (row == rows) break;
    if (value(inserted->get(), row, 1) != each.delivery.id ||
        value(inserted->get(), row, 0) != each.delivery.source) {
      continue;
    }
    is_new[each.index] = true;
    ++row;
  }
  if (row != rows) {
    return inbox::database_error(state.options, inbox::Cause::other,
                                 "PostgreSQL returned other ids than were claimed");
  }
  state.repeats = static_cast<std::size_t>(rows) < all.size();
  if (!state.repeats) return is_new;
  auto raised = state.query(state.raise, arrays.parameters());
  if (!raised) return raised.error();
  return is_new;
}

Result<bool> PostgresInbox::State::claim_new(const Arrays& arrays) const {
  if (auto saved = execute("SAVEPOINT headwater_inbox"); !saved) return saved.error();
  const auto inserted = send(insert, arrays.parameters());
  const bool done = succeeded(inserted.get());
  if (!done) {
    if (sql_state(inserted.get()) != unique_violation) return error(inserted.get());
    auto back = execute("ROLLBACK TO SAVEPOINT headwater_inbox");
    if (!back) return back.error();
  }
  if (auto released = execute("RELEASE SAVEPOINT headwater_inbox"); !released) {
    return released.error();
  }
  return done;
}

Result<bool> PostgresInbox::forget_some(std::uint64_t acknowledged) {
  State& state = *state_;
  if (PQtransactionStatus(state.connection) == PQTRANS_INTRANS ||
      PQtransactionStatus(state.connection) == PQTRANS_INERROR) {
    return inbox::in_transaction(state.options, "forget_some()");
  }
  const auto clock = inbox::Sweep::Clock::now();
  if (!state.sweep.due(clock)) return false;
  const std::string place = std::to_string(inbox::stored(acknowledged));
  const std::string first = "(" + std::to_string(state.page) + ",0)";
  const std::string end = "(" + std::to_string(state.page + part_pages) + ",0)";
  auto removed = state.query(state.remove, {{.type = inbox::bigint_type, .bytes = place},
                                            {.type = inbox::tid_type, .bytes = first},
                                            {.type = inbox::tid_type, .bytes = end}});
  if (!removed) return removed.error();
  const auto number = [&](int column) {
    return std::strtoll(PQgetvalue(removed->get(), 0, column), nullptr, 10);
  };
  const auto gone = number(0);
  if (gone >= inbox::piece) return true;
  const auto now = number(3);
  // Others hold a lock on some.
  if (number(1) > gone) state.sweep.leaves(now - state.options.keep.count());
  if (PQgetisnull(removed->get(), 0, 2) == 0) state.sweep.leaves(number(2));
  state.page += part_pages;
  // Where there were old ids, the next part may have more. A batch can have claimed many parts.
  if (static_cast<long long>(state.page) < number(4)) return number(1) > 0;
  state.page = 0;
  state.sweep.end(now, clock);
  return false;
}

}  // namespace headwater::client
