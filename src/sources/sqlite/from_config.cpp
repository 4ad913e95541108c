#include "src/sources/sqlite/from_config.h"

#include <utility>

#include "src/sources/shared/from_config.h"
#include "src/sources/sqlite/adapter.h"

namespace headwater {

namespace sqlite {

Result<SourceOptions> read_options(config::Section section) {
  SourceOptions options;
  options.path = section.data_path("path");
  options.tables = section.list_or_all("tables");
  options.allow_uncaptured = section.list("allow_uncaptured");
  options.policies = sources::read_policies(section, options.policies);
  options.history = section.duration("history").value_or(options.history);
  if (auto read = section.finish(); !read) return failed(read);
  return options;
}

}  // namespace sqlite

Result<std::vector<NamedSource>> make_sqlite_sources(config::Section section, const Clock& clock) {
  auto options = sqlite::read_options(std::move(section));
  if (!options) return failed(options);
  std::vector<NamedSource> one;
  one.push_back({.name = {}, .adapter = make_sqlite_source(*std::move(options), clock)});
  return one;
}

}  // namespace headwater
