// Changes of the tables themselves, in the middle of transactions.
#include <utility>

#include "testing/postgresql/workload/kinds.h"
#include "testing/postgresql/workload/random_writer.h"

namespace headwater::rig {
namespace {

// Names come again, with other types.
constexpr std::uint64_t added_names = 6;
constexpr std::uint64_t most_partitions = 6;

/// Those of which no value is ever stored outside the row: what an update leaves out there would be
/// looked for under the old name and with the old type.
bool stays_in_row(const std::string& type) {
  return type == "smallint" || type == "integer" || type == "bigint" || type == "real" ||
         type == "double precision" || type == "boolean" || type == "date" || type == "uuid";
}

const char* wider(const std::string& type) {
  if (type == "smallint") return "integer";
  if (type == "integer") return "bigint";
  return type == "real" ? "double precision" : "text";
}

}  // namespace

Result<void> RandomWriter::define(const RandomTable& table) {
  if (table.name == std::string_view(partitioned_table) && one_in(3)) {
    auto count = partitions();
    if (!count) return failed(count);
    if (*count < most_partitions) return run("partition", create_partition(*count));
  }
  if (table.changes_identity && one_in(2)) {
    return run("identity", std::string("ALTER TABLE ") + table.name + " REPLICA IDENTITY " +
                               (one_in(2) ? "FULL" : "DEFAULT"));
  }
  if (!table.changes_shape) return {};
  auto change = definition(table);
  if (!change) return failed(change);
  return run("definition", std::string("ALTER TABLE ") + table.name + " " + *change);
}

Result<std::string> RandomWriter::definition(const RandomTable& table) {
  auto columns = columns_of(shell_, table);
  if (!columns) return failed(columns);
  const std::string name = "x" + std::to_string(any(added_names));
  for (const RandomColumn& column : *columns) {
    if (!column.added || !one_in(3)) continue;
    if (stays_in_row(column.type)) {
      if (one_in(2)) return "RENAME COLUMN " + column.name + " TO " + name;
      if (column.type != "boolean" && one_in(2)) {
        const std::string type = wider(column.type);
        std::string change = "ALTER COLUMN " + column.name;
        change += " TYPE " + type + " USING " + column.name + "::";
        return change + type;
      }
    }
    return "DROP COLUMN " + column.name;
  }
  std::string type = any_of(random_, postgres_kinds()).type;
  if (one_in(4)) {
    type = made_type + name_ + "_" + std::to_string(++count_);
    if (auto made = run("type", "CREATE DOMAIN " + type + " AS integer"); !made) {
      return failed(made);
    }
  }
  std::string change = "ADD COLUMN " + name + " " + type;
  if (one_in(2)) {
    const auto text = value({.name = name, .type = type}, false);
    change += " DEFAULT " + text + (text != "NULL" && one_in(2) ? " NOT NULL" : "");
  }
  return change;
}

}  // namespace headwater::rig
