#include "src/cli/adapters.h"

#include <cstddef>
#include <utility>

#include "src/sources/mongodb/adapter.h"
#include "src/sources/sqlite/adapter.h"
#include "src/streams/embedded/embedded.h"
#include "src/streams/kafka/kafka.h"
#include "src/streams/nats/nats.h"
#include "src/streams/redis/redis.h"
#include "src/streams/stdout/stdout.h"

namespace headwater::cli {
namespace {

template <class Made>
struct Entry {
  const char* name;
  Result<Made> (*make)(config::Section section, const Clock& clock);
};

/// For a source that follows one thing.
template <Result<std::unique_ptr<SourceAdapter>> (*make)(config::Section, const Clock&)>
Result<std::vector<NamedSource>> only(config::Section section, const Clock& clock) {
  auto adapter = make(std::move(section), clock);
  if (!adapter) return failed(adapter);
  std::vector<NamedSource> one;
  one.push_back({.name = {}, .adapter = *std::move(adapter)});
  return one;
}

// A new source or stream is one line here.
constexpr Entry<std::vector<NamedSource>> sources[] = {
    {"mongodb", &make_mongodb_sources},
    {"sqlite", &only<&make_sqlite_source>},
};
constexpr Entry<std::unique_ptr<StreamAdapter>> streams[] = {
    {"embedded", &make_embedded_stream}, {"kafka", &make_kafka_stream},
    {"nats", &make_nats_stream},         {"redis", &make_redis_stream},
    {"stdout", &make_stdout_stream},
};

template <class Made, std::size_t n>
std::vector<std::string> names_of(const Entry<Made> (&entries)[n]) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

template <class Made, std::size_t n>
Result<Made> make(const Entry<Made> (&entries)[n], const std::string& name, config::Section section,
                  const Clock& clock) {
  for (const auto& entry : entries) {
    if (name == entry.name) return entry.make(std::move(section), clock);
  }
  return fail({.name = "config.unknown_key", .message = "there is no '" + name + "'"});
}

}  // namespace

std::vector<std::string> source_names() { return names_of(sources); }
std::vector<std::string> stream_names() { return names_of(streams); }

Result<std::vector<NamedSource>> make_sources(const std::string& name, config::Section section,
                                              const Clock& clock) {
  return make(sources, name, std::move(section), clock);
}

Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock) {
  return make(streams, name, std::move(section), clock);
}

}  // namespace headwater::cli
