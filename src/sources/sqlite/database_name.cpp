#include "src/sources/sqlite/database_name.h"

#include <filesystem>

namespace headwater::sqlite {

Result<std::string> fix_name(Database& database) {
  auto insert = database.prepare("INSERT OR IGNORE INTO main._headwater_meta VALUES ('name', ?)");
  if (!insert) return failed(insert);
  const std::string name = std::filesystem::path(database.path()).stem().string();
  insert->bind_text(0, name);
  if (auto done = insert->run(); !done) return failed(done);
  return fixed_name(database);
}

Result<std::string> fixed_name(Database& database) {
  auto named = database.prepare("SELECT value FROM main._headwater_meta WHERE key = 'name'");
  if (!named) return failed(named);
  auto row = named->step();
  if (!row) return failed(row);
  if (*row) return std::string(named->bytes(0));
  return fail(Error{.remedy = Remedy::stop,
                    .origin = Origin::source,
                    .name = "source.not_prepared",
                    .message = database.path() + " has no name for events yet",
                    .next = "headwater init -c FILE"});
}

}  // namespace headwater::sqlite
