#include "src/cli/adapters.h"

#include <cstddef>
#include <utility>

#include "src/sources/sqlite/adapter.h"
#include "src/streams/embedded/embedded.h"
#include "src/streams/stdout/stdout.h"

namespace headwater::cli {
namespace {

template <class Adapter>
struct Entry {
  const char* name;
  Result<std::unique_ptr<Adapter>> (*make)(config::Section section, const Clock& clock);
};

// A new source or stream is one line here.
constexpr Entry<SourceAdapter> sources[] = {
    {"sqlite", &make_sqlite_source},
};
constexpr Entry<StreamAdapter> streams[] = {
    {"embedded", &make_embedded_stream},
    {"stdout", &make_stdout_stream},
};

template <class Adapter, std::size_t n>
std::vector<std::string> names_of(const Entry<Adapter> (&entries)[n]) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

template <class Adapter, std::size_t n>
Result<std::unique_ptr<Adapter>> make(const Entry<Adapter> (&entries)[n], const std::string& name,
                                      config::Section section, const Clock& clock) {
  for (const auto& entry : entries) {
    if (name == entry.name) return entry.make(std::move(section), clock);
  }
  return fail({.name = "config.unknown_key", .message = "there is no '" + name + "'"});
}

}  // namespace

std::vector<std::string> source_names() { return names_of(sources); }
std::vector<std::string> stream_names() { return names_of(streams); }

Result<std::unique_ptr<SourceAdapter>> make_source(const std::string& name, config::Section section,
                                                   const Clock& clock) {
  return make(sources, name, std::move(section), clock);
}

Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock) {
  return make(streams, name, std::move(section), clock);
}

}  // namespace headwater::cli
