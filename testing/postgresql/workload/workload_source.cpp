#include "testing/postgresql/workload/workload_source.h"

#include "testing/postgresql/workload/random_writer.h"
#include "testing/postgresql/workload/tables.h"

namespace headwater::rig {
namespace {

// pgbench's own tables and transaction, with fewer accounts. The table without a key needs another
// identity to be published.
constexpr const char* pgbench_tables[] = {
    "CREATE TABLE pgbench_branches(bid int PRIMARY KEY, bbalance int, filler char(88))",
    "CREATE TABLE pgbench_tellers(tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
    "CREATE TABLE pgbench_accounts(aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
    "CREATE TABLE pgbench_history(tid int, bid int, aid int, delta int, mtime timestamp)",
    "ALTER TABLE pgbench_history REPLICA IDENTITY FULL"};
constexpr const char* pgbench_rows[] = {
    "INSERT INTO pgbench_branches VALUES (1, 0, '')",
    "INSERT INTO pgbench_tellers SELECT g, 1, 0, '' FROM generate_series(1, 10) g",
    "INSERT INTO pgbench_accounts SELECT g, 1, 0, '' FROM generate_series(1, 1000) g"};
constexpr const char* pgbench_script =
    "\\set aid random(1, 1000)\n\\set tid random(1, 10)\n\\set delta random(-5000, 5000)\nBEGIN;\n"
    "UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;\n"
    "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"
    "UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :tid;\n"
    "UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = 1;\n"
    "INSERT INTO pgbench_history(tid, bid, aid, delta, mtime) "
    "VALUES (:tid, 1, :aid, :delta, clock_timestamp());\nEND;\n";

}  // namespace

WorkloadSource::WorkloadSource(const TemporaryFolder& folder, Harm harm)
    : PostgresSource(harm), script_(folder / "pgbench.sql") {
  write_file(script_, pgbench_script);
  PostgresShell shell(address());
  make_random_tables(shell);
  for (const char* statement : pgbench_tables) shell.sure(statement);
}

Result<std::unique_ptr<Writer>> WorkloadSource::writer(std::uint64_t seed) {
  if (seed % 5 == 4) return PostgresSource::writer(seed);
  return std::make_unique<RandomWriter>(address(), seed);
}

std::optional<Process> WorkloadSource::pgbench(std::uint64_t seed, bool fast) {
  const std::string program = postgres_programs() / "pgbench";
  if (!std::filesystem::exists(program)) return std::nullopt;
  PostgresShell shell(address());
  if (shell.sure("SELECT FROM pgbench_branches").empty()) {
    for (const char* statement : pgbench_rows) shell.sure(statement);
  }
  Command command{.words = {program, "--no-vacuum", "--client=2", "--time=100000",
                            "--random-seed=" + std::to_string(seed % 1'000'000),
                            "--file=" + script_}};
  if (!fast) command.words.emplace_back("--rate=100");
  command.words.push_back(address());
  return Process(command);
}

void WorkloadSource::touch_every_row() {
  PostgresShell shell(address());
  for (const auto& row : shell.sure("SELECT gid FROM pg_prepared_xacts")) {
    shell.sure("COMMIT PREPARED '" + row[0] + "'");
  }
  for (const RandomTable& table : random_tables()) {
    shell.sure(std::string("UPDATE ") + table.name + " SET n = n");
  }
}

}  // namespace headwater::rig
