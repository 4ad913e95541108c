#include "testing/postgresql/workload/random_writer.h"

#include <utility>

#include "src/base/number_in.h"
#include "testing/postgresql/workload/kinds.h"

namespace headwater::rig {
namespace {

std::string literal_of(const std::string& text) {
  std::string sql = "'";
  for (const char c : text) sql += c == '\'' ? "''" : std::string(1, c);
  return sql + "'";
}

/// https://www.postgresql.org/docs/15/sql-copy.html, "Text Format".
std::string as_copied(const std::string& text) {
  std::string copied;
  for (const char c : text) {
    if (c == '\n') {
      copied += "\\n";
    } else if (c == '\r') {
      copied += "\\r";
    } else {
      if (c == '\\' || c == '\t') copied += '\\';
      copied += c;
    }
  }
  return copied;
}

bool is_partitioned(const RandomTable& table) {
  return table.name == std::string_view(partitioned_table);
}

}  // namespace

/// A session waits for others only shortly.
RandomWriter::RandomWriter(const std::string& address, std::uint64_t seed)
    : shell_(address + " options='-c deadlock_timeout=20ms -c lock_timeout=200ms'"),
      random_(seed),
      name_("workload_" + std::to_string(seed)) {}

Result<void> RandomWriter::transaction(Tally& tally) {
  done_.clear();
  auto done = begin_and_end();
  if (done) {
    for (const auto& [kind, count] : done_) tally[kind] += count;
    return done;
  }
  // The connection is alive: somebody else was in the way.
  if (shell_.ask("ROLLBACK")) {
    ++tally["failed"];
    done.error().remedy = Remedy::retry;
  }
  return done;
}

Result<void> RandomWriter::begin_and_end() {
  auto done = settle();
  if (done) done = run("begun", "BEGIN");
  if (done && one_in(5)) done = run("asynchronous", "SET LOCAL synchronous_commit = off");
  for (auto left = 1 + any(one_in(12) ? 30 : 4); done && left > 0; --left) {
    done = one_in(10) ? savepoint(1) : step();
  }
  return done ? end() : done;
}

Result<void> RandomWriter::end() {
  if (one_in(10)) {
    done_.clear();
    return run("rolled back", "ROLLBACK");
  }
  if (!one_in(7)) return run("committed", "COMMIT");
  prepared_ = name_ + "_" + std::to_string(++count_);
  auto done = run("prepared", "PREPARE TRANSACTION '" + prepared_ + "'");
  // Some stay prepared for longer, and over a crash.
  return done && one_in(2) ? settle() : done;
}

/// It may be settled already, or have failed, if the connection was lost then.
Result<void> RandomWriter::settle() {
  if (prepared_.empty()) return {};
  const std::string how = one_in(3) ? "ROLLBACK" : "COMMIT";
  auto done = shell_.ask(how + " PREPARED '" + prepared_ + "'");
  if (!done && !shell_.ask("SELECT")) return failed(done);
  prepared_.clear();
  if (done) ++done_[how == "COMMIT" ? "prepared and committed" : "prepared and rolled back"];
  return {};
}

Result<void> RandomWriter::step() {
  const RandomTable& table = any_of(random_, random_tables());
  const auto kind = any(240);
  if (kind < 3) return truncate();
  if (kind < 15) return define(table);
  if (kind < 25) return message();
  if (kind < 36) return copy(table);
  if (kind < 60) return change_key(table);
  if (kind < 90) {
    return run("delete", std::string("DELETE FROM ") + table.name + " WHERE " + some_rows());
  }
  return kind < 150 ? update(table) : insert(table);
}

Result<void> RandomWriter::savepoint(int depth) {
  const bool kept = one_in(2);
  const Tally before = done_;
  const std::string name = "part" + std::to_string(depth);
  auto done = run("savepoint", "SAVEPOINT " + name);
  for (int i = 0; done && i < 2; ++i) done = step();
  if (done && one_in(4)) done = savepoint(depth + 1);
  if (!done || kept) return done ? run("savepoint", "RELEASE " + name) : done;
  done_ = before;
  return run("rolled back to a savepoint", "ROLLBACK TO " + name);
}

std::string RandomWriter::some_rows() {
  const std::uint64_t parts = one_in(10) ? 5 : 60;
  return "n % " + std::to_string(parts) + " = " + std::to_string(any(parts));
}

std::string RandomWriter::value(const RandomColumn& column, bool for_copy) {
  std::optional<std::string> text;
  do {
    text = column.large ? random_large_value(column.type, random_)
                        : random_value(column.type, random_);
  } while (!text && column.required);
  if (!text) return for_copy ? "\\N" : "NULL";
  return for_copy ? as_copied(*text) : literal_of(*text);
}

Result<std::uint64_t> RandomWriter::partitions() {
  auto found = shell_.ask("SELECT count(*) FROM pg_inherits WHERE inhparent = $1::regclass",
                          {partitioned_table});
  if (!found) return failed(found);
  return number_in((*found)[0][0]);
}

Result<std::vector<std::string>> RandomWriter::rows(const RandomTable& table, std::uint64_t count,
                                                    std::string& columns, bool for_copy) {
  auto known = columns_of(shell_, table);
  if (!known) return failed(known);
  std::uint64_t parts = 0;
  if (is_partitioned(table)) {
    auto found = partitions();
    if (!found) return failed(found);
    parts = *found;
    columns = "part";
  }
  for (const RandomColumn& column : *known) columns += (columns.empty() ? "" : ", ") + column.name;
  std::vector<std::string> all;
  for (; count > 0; --count) {
    std::string row = parts > 0 ? std::to_string(any(parts)) : "";
    const char* const between = for_copy ? "\t" : ", ";
    for (const RandomColumn& column : *known) {
      row += (&column == known->data() && parts == 0 ? "" : between) + value(column, for_copy);
    }
    all.push_back(std::move(row));
  }
  return all;
}

Result<void> RandomWriter::insert(const RandomTable& table) {
  std::string columns;
  auto values = rows(table, 1 + any(3), columns, false);
  if (!values) return failed(values);
  std::string statement = std::string("INSERT INTO ") + table.name + "(" + columns + ") VALUES ";
  for (const std::string& row : *values) {
    statement += (&row == values->data() ? "(" : ", (") + row + ")";
  }
  const bool upsert = one_in(4);
  return run(upsert ? "upsert" : "insert", statement + (upsert ? " ON CONFLICT DO NOTHING" : ""));
}

Result<void> RandomWriter::copy(const RandomTable& table) {
  std::string columns;
  auto values = rows(table, 1 + any(one_in(10) ? 200 : 20), columns, true);
  if (!values) return failed(values);
  std::string lines;
  for (const std::string& row : *values) lines += row + "\n";
  ++done_["copy"];
  return shell_.copy(std::string("COPY ") + table.name + "(" + columns + ") FROM STDIN", lines);
}

Result<void> RandomWriter::update(const RandomTable& table) {
  auto columns = columns_of(shell_, table);
  if (!columns) return failed(columns);
  const RandomColumn& column = any_of(random_, *columns);
  const RandomColumn& other = any_of(random_, *columns);
  std::string set = column.name + " = " + value(column, false);
  if (&other != &column) set += ", " + other.name + " = " + value(other, false);
  return run("update",
             std::string("UPDATE ") + table.name + " SET " + set + " WHERE " + some_rows());
}

Result<void> RandomWriter::change_key(const RandomTable& table) {
  std::string set = "n = nextval('numbers')";
  if (is_partitioned(table) && one_in(2)) {
    auto parts = partitions();
    if (!parts) return failed(parts);
    set = "part = " + std::to_string(any(*parts));
  }
  return run("key", std::string("UPDATE ") + table.name + " SET " + set + " WHERE " + some_rows());
}

Result<void> RandomWriter::truncate() {
  std::string names;
  const std::uint64_t chosen = 1 + any((1U << random_tables().size()) - 1);
  for (std::size_t i = 0; i < random_tables().size(); ++i) {
    if ((chosen >> i & 1U) == 0) continue;
    names += (names.empty() ? "" : ", ") + std::string(random_tables()[i].name);
  }
  return run("truncate", "TRUNCATE " + names + (one_in(2) ? " RESTART IDENTITY" : ""));
}

/// One that is not transactional comes at once, even if the transaction is rolled back; it is no
/// change.
Result<void> RandomWriter::message() {
  const bool transactional = !one_in(4);
  return run(transactional ? "message" : "message at once",
             "SELECT pg_logical_emit_message(" + std::string(transactional ? "true" : "false") +
                 ", 'note', " + literal_of(random_text(random_)) + ")");
}

Result<void> RandomWriter::run(const char* kind, const std::string& statement) {
  auto done = shell_.ask(statement);
  if (!done) return failed(done);
  ++done_[kind];
  return {};
}

}  // namespace headwater::rig
