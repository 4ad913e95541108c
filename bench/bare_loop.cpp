#include "bench/bare_loop.h"

#include <sqlite3.h>

#include <array>
#include <memory>

#include "bench/process.h"

namespace headwater::bench {
namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Query = std::unique_ptr<sqlite3_stmt, Close>;

constexpr int columns = 5;  // of the table that Site::create_table creates
constexpr std::array<const char*, columns> names{"id", "customer", "amount", "status", "note"};

Connection connect(const std::string& path) {
  sqlite3* opened = nullptr;
  sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  return Connection(opened);
}

Query prepare(const Connection& connection, const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(connection.get(), sql, -1, &prepared, nullptr);
  return Query(prepared);
}

/// Appends {"id":1,...} with the values from column `first` on to `out`.
void append_row(std::string& out, sqlite3_stmt* row, int first) {
  char separator = '{';
  for (int i = 0; i < columns; ++i) {
    const int column = first + i;
    const bool text = sqlite3_column_type(row, column) == SQLITE_TEXT;
    out.append(1, separator).append(1, '"').append(names.at(static_cast<std::size_t>(i)));
    out.append(text ? "\":\"" : "\":");
    out.append(reinterpret_cast<const char*>(sqlite3_column_text(row, column)),
               static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    if (text) out.append(1, '"');
    separator = ',';
  }
  out.append(1, '}');
}

/// The event's data from a row of the log: seq, op, time, v0 and so on.
void write_data(std::string& out, sqlite3_stmt* row) {
  constexpr std::array<const char*, 4> operations{"", "insert", "update", "delete"};
  constexpr int values = 3;
  const auto op = static_cast<std::size_t>(sqlite3_column_int(row, 1));
  out.assign("{\"op\":\"").append(operations.at(op)).append("\",\"key\":{\"id\":");
  out.append(std::to_string(sqlite3_column_int64(row, values))).append("},\"before\":");
  if (op == 1) out.append("null");
  if (op != 1) append_row(out, row, values);
  out.append(",\"after\":");
  if (op == 1) append_row(out, row, values);
  if (op == 2) append_row(out, row, values + columns);
  if (op == 3) out.append("null");
  out.append("}");
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

bool execute(const Connection& connection, const char* sql) {
  return sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

/// Copies the current row of `log`.
bool copy_row(sqlite3_stmt* log, sqlite3_stmt* insert, std::string& data) {
  const std::string id = ":" + std::to_string(sqlite3_column_int64(log, 0));
  const std::string key = std::to_string(sqlite3_column_int64(log, 3));
  write_data(data, log);
  sqlite3_bind_int(insert, 1, sqlite3_column_int(log, 1));
  sqlite3_bind_int64(insert, 2, sqlite3_column_int64(log, 2));
  bind_text(insert, 3, id);
  bind_text(insert, 4, key);
  bind_text(insert, 5, key);
  bind_text(insert, 6, data);
  const bool done = sqlite3_step(insert) == SQLITE_DONE;
  sqlite3_reset(insert);
  return done;
}

}  // namespace

Result<void> copy_log(const std::string& source, const std::string& stream, std::int64_t batch) {
  const Connection from = connect(source);
  const Connection to = connect(stream);
  bool ok = execute(to,
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
                    "INSERT INTO kinds(kind, source, type, id_prefix) VALUES"
                    " (1, 'bench', 'source.orders.insert', 'bench'),"
                    " (2, 'bench', 'source.orders.update', 'bench'),"
                    " (3, 'bench', 'source.orders.delete', 'bench')");
  const Query log =
      prepare(from,
              "SELECT seq, op, time, v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 FROM _headwater_log"
              " ORDER BY seq");
  const Query insert = prepare(
      to,
      "INSERT INTO events(kind, time, id, subject, partition_key, data) VALUES (?, ?, ?, ?, ?, ?)");
  std::string data;
  bool more = sqlite3_step(log.get()) == SQLITE_ROW;
  while (ok && more) {
    ok = execute(to, "BEGIN IMMEDIATE");
    for (std::int64_t i = 0; ok && more && i < batch; ++i) {
      ok = copy_row(log.get(), insert.get(), data);
      more = sqlite3_step(log.get()) == SQLITE_ROW;
    }
    ok = ok && execute(to, "COMMIT");
  }
  if (!ok)
    return fail(bench_error(std::string("the bare loop failed: ") + sqlite3_errmsg(to.get())));
  return {};
}

}  // namespace headwater::bench
