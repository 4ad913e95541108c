#include "testing/postgresql/workload/tables.h"

#include "testing/postgresql/workload/kinds.h"

namespace headwater::rig {
namespace {

constexpr std::uint64_t first_partitions = 2;

/// Its odd names are odd in SQL only.
std::string column_name(const RandomTable& table, std::size_t number) {
  const std::string name = "c" + std::to_string(number);
  return table.first == 0 ? "\"" + name + " \xc3\xbc's \"\".\"" : name;
}

std::string create_table(const RandomTable& table) {
  std::string sql = std::string("CREATE TABLE ") + table.name + "(" + table.key;
  for (std::size_t i = table.first; i < postgres_kinds().size(); i += table.step) {
    sql += ", " + column_name(table, i) + " " + postgres_kinds()[i].type;
  }
  return sql + ", big text, big_blob bytea) " + table.after;
}

}  // namespace

std::span<const RandomTable> random_tables() {
  static constexpr RandomTable tables[] = {
      {.name = "things",
       .key = "n bigint PRIMARY KEY DEFAULT nextval('numbers')",
       .after = "",
       .first = 0,
       .step = 2,
       .changes_shape = true,
       .changes_identity = true},
      {.name = "\"the other\".things",
       .key = "n bigint PRIMARY KEY DEFAULT nextval('numbers'), "
              "twice numeric GENERATED ALWAYS AS (n * 2) STORED",
       .after = "",
       .first = 1,
       .step = 2,
       .changes_shape = true,
       .changes_identity = true},
      {.name = "named",
       .key =
           "n bigint NOT NULL DEFAULT nextval('numbers'), word text NOT NULL, size real NOT NULL, "
           "UNIQUE (word, size, n)",
       .after = "",
       .first = 2,
       .step = 9,
       .changes_shape = true},
      {.name = "compound",
       .key = "word character varying(10), n bigint DEFAULT nextval('numbers'), amount numeric, "
              "size double precision, moment timestamp with time zone, "
              "PRIMARY KEY (n, word, amount, size, moment)",
       .after = "",
       .first = 3,
       .step = 9,
       .changes_shape = true,
       .changes_identity = true},
      {.name = "loose",
       .key = "n bigint NOT NULL DEFAULT nextval('numbers')",
       .after = "",
       .first = 5,
       .step = 9},
      {.name = partitioned_table,
       .key = "part int, n bigint DEFAULT nextval('numbers'), PRIMARY KEY (part, n)",
       .after = "PARTITION BY LIST (part)",
       .first = 4,
       .step = 9,
       .changes_shape = true}};
  return tables;
}

std::string create_partition(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return "CREATE TABLE " + std::string(partitioned_table) + "_" + text + " PARTITION OF " +
         partitioned_table + " FOR VALUES IN (" + text + ")";
}

void make_random_tables(PostgresShell& shell) {
  shell.sure("CREATE SCHEMA \"the other\"");
  shell.sure("CREATE SEQUENCE numbers");
  for (const char* statement : postgres_types()) shell.sure(statement);
  for (const RandomTable& table : random_tables()) shell.sure(create_table(table));
  for (std::uint64_t i = 0; i < first_partitions; ++i) shell.sure(create_partition(i));
  shell.sure("ALTER TABLE \"the other\".things REPLICA IDENTITY FULL");
  shell.sure("ALTER TABLE loose REPLICA IDENTITY FULL");
  shell.sure("ALTER TABLE named REPLICA IDENTITY USING INDEX named_word_size_n_key");
}

Result<std::vector<RandomColumn>> columns_of(PostgresShell& shell, const RandomTable& table) {
  auto rows = shell.ask(
      "SELECT quote_ident(attname), format_type(atttypid, atttypmod), attnotnull, "
      "attname LIKE 'big%', attname LIKE 'x%' FROM pg_attribute WHERE attrelid = $1::regclass "
      "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname NOT IN ('n', 'part')",
      {table.name});
  if (!rows) return failed(rows);
  std::vector<RandomColumn> columns;
  for (const auto& row : *rows) {
    columns.push_back({.name = row[0],
                       .type = row[1],
                       .required = row[2] == "t",
                       .large = row[3] == "t",
                       .added = row[4] == "t"});
  }
  return columns;
}

}  // namespace headwater::rig
