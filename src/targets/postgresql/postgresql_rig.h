// A PostgreSQL schema for the contract suite of the targets. The tests of a program share a server.
#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/config/config.h"
#include "testing/contract/target_suite.h"
#include "testing/postgresql/postgres_server.h"

namespace headwater {

Result<std::unique_ptr<TargetAdapter>> make_postgresql_target(config::Section section,
                                                              const Clock& clock);

namespace target_postgresql {

class PostgresqlRig final : public testing::TargetRig {
 public:
  PostgresqlRig() {
    static const SystemClock clock;
    connection_ = PQconnectdb(server().address().c_str());
    execute(
        "SET client_min_messages = warning; DROP SCHEMA IF EXISTS copy CASCADE; CREATE SCHEMA "
        "copy; SET search_path = copy");
    auto section = config::parse(mapping(), "/etc/shop.yaml");
    adapter_ = *make_postgresql_target(*section, clock);
  }
  ~PostgresqlRig() override { PQfinish(connection_); }
  PostgresqlRig(const PostgresqlRig&) = delete;
  PostgresqlRig& operator=(const PostgresqlRig&) = delete;

  TargetAdapter& adapter() override { return *adapter_; }
  [[nodiscard]] std::string configuration() const override {
    return "{ postgresql: " + mapping() + " }";
  }

  std::vector<std::string> rows(const std::string& table) override {
    PGresult* const result = PQexec(connection_, ("SELECT * FROM \"" + table + "\"").c_str());
    std::vector<std::string> rows;
    rows.reserve(static_cast<std::size_t>(PQntuples(result)));
    for (int row = 0; row < PQntuples(result); ++row) rows.push_back(row_of(result, row));
    PQclear(result);
    std::ranges::sort(rows);
    return rows;
  }
  void make_table(const std::string& table) override {
    execute("CREATE TABLE " + table + "(id bigint PRIMARY KEY); INSERT INTO " + table +
            " VALUES (1)");
  }
  bool make_counting_table() override {
    execute(
        "CREATE TABLE orders(id bigint PRIMARY KEY, name text); CREATE TABLE writes(n bigint);"
        "INSERT INTO writes VALUES (0); CREATE FUNCTION count() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN UPDATE copy.writes SET n = n + 1; RETURN NULL; END';"
        "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION"
        " copy.count()");
    return true;
  }
  std::int64_t writes() override { return std::stoll(value("SELECT n FROM writes")); }

  void execute(const std::string& statements) {
    PGresult* const result = PQexec(connection_, statements.c_str());
    EXPECT_EQ(std::string(PQresultErrorMessage(result)), "");
    PQclear(result);
  }
  std::string value(const std::string& query) {
    PGresult* const result = PQexec(connection_, query.c_str());
    EXPECT_EQ(PQntuples(result), 1) << PQresultErrorMessage(result);
    std::string text = PQntuples(result) == 0 ? "" : PQgetvalue(result, 0, 0);
    PQclear(result);
    return text;
  }
  static rig::PostgresServer& server() {
    static rig::PostgresServer server;
    return server;
  }

 private:
  [[nodiscard]] static std::string mapping() {
    return "{ uri: \"" + server().address() + "\", schema: copy }";
  }
  static std::string row_of(const PGresult* result, int at) {
    std::map<std::string, std::string> columns;
    for (int i = 0; i < PQnfields(result); ++i) {
      if (PQgetisnull(result, at, i) == 0) columns[PQfname(result, i)] = PQgetvalue(result, at, i);
    }
    return shown(columns);
  }

  PGconn* connection_ = nullptr;
  std::unique_ptr<TargetAdapter> adapter_;
};

inline Result<std::unique_ptr<testing::TargetRig>> make_postgresql_rig() {
  return std::make_unique<PostgresqlRig>();
}

}  // namespace target_postgresql
}  // namespace headwater
