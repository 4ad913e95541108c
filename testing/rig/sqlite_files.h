// SQLite files as other programs use them: queries, statements, backups.
#pragma once

#include <cstdint>
#include <string>

namespace headwater::rig {

/// Copies a database that may be in use, as a backup tool does.
void copy_database(const std::string& from, const std::string& to);
/// Replaces a database by a copy, as when an operator restores a backup. A process may still have
/// the old files open.
void restore_database(const std::string& copy, const std::string& path);

/// The integer result of a query; -1 if it fails.
[[nodiscard]] std::int64_t query_integer(const std::string& path, const std::string& sql);
/// Runs statements, which must succeed.
void execute(const std::string& path, const std::string& sql);

}  // namespace headwater::rig
