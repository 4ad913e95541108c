#include <limits>

#include "src/inbox/postgresql/arrays.h"
#include "src/inbox/postgresql/state.h"
#include "src/inbox/shared/distinct.h"
#include "src/inbox/shared/pieces.h"

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

/// bigint has a sign.
std::uint64_t stored(std::uint64_t sequence) {
  return std::min(sequence, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

std::string_view value(const PGresult* answer, int row, int column) {
  return {PQgetvalue(answer, row, column),
          static_cast<std::size_t>(PQgetlength(answer, row, column))};
}

struct Arrays {
  explicit Arrays(std::size_t size)
      : sources(inbox::text_type, size),
        ids(inbox::text_type, size),
        sequences(inbox::bigint_type, size) {}
  void add(const Delivery& delivery) {
    sources.add(delivery.source);
    ids.add(delivery.id);
    sequences.add(stored(delivery.sequence));
  }

  inbox::BinaryArray sources;
  inbox::BinaryArray ids;
  inbox::BinaryArray sequences;
};

}  // namespace

Error PostgresInbox::State::error(const PGresult* answer) const {
  const char* state = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  const std::string said =
      "PostgreSQL: " + std::string(trimmed(answer == nullptr ? PQerrorMessage(connection)
                                                             : PQresultErrorMessage(answer)));
  auto cause = state == nullptr ? inbox::Cause::other : cause_of(state);
  if (PQstatus(connection) != CONNECTION_OK) cause = inbox::Cause::connection;
  return inbox::database_error(options, cause, said);
}

auto PostgresInbox::State::query(const std::string& sql,
                                 std::initializer_list<Parameter> parameters) const
    -> Result<Answer> {
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
  Answer answer(PQexecParams(connection, sql.c_str(), static_cast<int>(types.size()), types.data(),
                             values.data(), lengths.data(), formats.data(), 0));
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return error(answer.get());
  return answer;
}

Result<void> PostgresInbox::State::execute(const std::string& sql) const {
  const Answer answer(PQexec(connection, sql.c_str()));
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return error(answer.get());
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
  insert = "INSERT INTO " + ids + " SELECT source, id, sequence, clock_timestamp() FROM " + rows +
           " ON CONFLICT (source, id) DO NOTHING RETURNING source, id";
  raise = "UPDATE " + ids + " t SET sequence = d.sequence FROM " + rows +
          " WHERE t.source = d.source AND t.id = d.id AND t.sequence < d.sequence";
  // clock_timestamp() could not use the index. A statement of its own begins now.
  remove = "DELETE FROM " + ids + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM " + ids +
           " WHERE claimed_at < statement_timestamp() - interval '" +
           std::to_string(options.keep.count()) + " seconds' AND sequence <= $1" +
           " ORDER BY claimed_at LIMIT " + std::to_string(inbox::piece) +
           " FOR UPDATE SKIP LOCKED))";
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
  if (PQtransactionStatus(state_->connection) == PQTRANS_IDLE) {
    return inbox::no_transaction(state_->options, "BEGIN");
  }
  std::vector<bool> is_new(deliveries.size());
  const auto all = inbox::distinct(deliveries);
  Arrays arrays(all.size());
  for (const auto& each : all) arrays.add(each.delivery);
  const State::Parameter sources{inbox::text_array_type, arrays.sources.bytes(), true};
  const State::Parameter ids{inbox::text_array_type, arrays.ids.bytes(), true};
  const State::Parameter sequences{inbox::bigint_array_type, arrays.sequences.bytes(), true};
  auto inserted = state_->query(state_->insert, {sources, ids, sequences});
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
    return inbox::database_error(state_->options, inbox::Cause::other,
                                 "PostgreSQL returned other ids than were claimed");
  }
  if (static_cast<std::size_t>(rows) == all.size()) return is_new;
  auto raised = state_->query(state_->raise, {sources, ids, sequences});
  if (!raised) return raised.error();
  return is_new;
}

Result<bool> PostgresInbox::forget_some(std::uint64_t acknowledged) {
  if (PQtransactionStatus(state_->connection) == PQTRANS_INTRANS ||
      PQtransactionStatus(state_->connection) == PQTRANS_INERROR) {
    return inbox::in_transaction(state_->options, "forget_some()");
  }
  const std::string place = std::to_string(stored(acknowledged));
  auto removed = state_->query(state_->remove, {{.type = inbox::bigint_type, .bytes = place}});
  if (!removed) return removed.error();
  return std::string_view(PQcmdTuples(removed->get())) == std::to_string(inbox::piece);
}

}  // namespace headwater::client
