// SQLite's files as other programs see them: asked, changed, copied and restored.
#pragma once

#include <cstdint>
#include <string>

namespace headwater::rig {

/// A copy of a database that may be in use, as a backup tool makes it.
void copy_database(const std::string& from, const std::string& to);
/// Puts a copy in the place of a database, as a person who restores a backup does: the old files
/// are gone from their names, though a process may still have them open.
void restore_database(const std::string& copy, const std::string& path);

/// One integer by plain SQL; -1 if it cannot be had now.
[[nodiscard]] std::int64_t ask(const std::string& path, const std::string& sql);
/// Statements by plain SQL, which must succeed.
void tell(const std::string& path, const std::string& sql);

}  // namespace headwater::rig
