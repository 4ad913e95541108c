// The tables of the database `rethinkdb`, which the server makes up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/rethinkdb/stand_in/store.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {

/// As it is now; null if there is none of that name.
[[nodiscard]] std::shared_ptr<Table> system_table(Store& store, const std::string& name);
[[nodiscard]] std::vector<std::string> system_table_names();

/// As config() and `table_config` show it.
[[nodiscard]] Datum config_of(const Table& table);
/// As status() and `table_status` show it.
[[nodiscard]] Datum status_of(const Store& store, const Table& table);
/// As get_write_hook() shows it; null without one.
[[nodiscard]] Datum hook_of(const Table& table);

inline constexpr const char* server_name = "stand_in";

}  // namespace headwater::rethinkdb::stand_in
