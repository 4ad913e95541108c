// The source and the stream of a scenario.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "testing/disasters/long_run.h"
#include "testing/rig/pipeline.h"

namespace headwater::rig {

struct StreamKind {
  const char* name;
  MakeStream make;
  /// Its transactions have a size limit, so it splits large transactions of a source.
  bool splits = false;
};

struct Setting {
  SourceKind source;
  StreamKind stream;
};

inline std::string name_of(const Setting& setting) {
  return std::string(setting.source.name) + "_" + setting.stream.name;
}
inline std::string setting_name(const ::testing::TestParamInfo<Setting>& info) {
  return name_of(info.param);
}
inline void PrintTo(const Setting& setting, std::ostream* out) { *out << name_of(setting); }

/// The streams with a StreamUnderTest::network(), and the sources other than SQLite. CMake
/// generates the definitions (cmake/under_test.cmake).
[[nodiscard]] std::vector<StreamKind> streams_with_server();
[[nodiscard]] std::vector<SourceKind> further_sources();

inline const StreamKind embedded{.name = "embedded", .make = &embedded_stream};
inline const SourceKind sqlite{.name = "sqlite", .make = &sqlite_source};

inline std::vector<StreamKind> exactly_once_streams() {
  std::vector<StreamKind> streams = streams_with_server();
  streams.push_back(embedded);
  return streams;
}

inline std::vector<StreamKind> all_streams() {
  std::vector<StreamKind> streams = exactly_once_streams();
  streams.push_back({.name = "stdout", .make = &stdout_stream});
  return streams;
}

inline std::vector<Setting> pairs(const std::vector<SourceKind>& sources,
                                  const std::vector<StreamKind>& streams) {
  std::vector<Setting> settings;
  for (const SourceKind& source : sources) {
    std::ranges::transform(streams, std::back_inserter(settings), [&](const StreamKind& stream) {
      return Setting{.source = source, .stream = stream};
    });
  }
  return settings;
}

/// Each of these streams with SQLite; in a long run with all sources.
inline auto each(const std::vector<StreamKind>& streams) {
  std::vector<SourceKind> sources{sqlite};
  if (long_run()) std::ranges::copy(further_sources(), std::back_inserter(sources));
  return ::testing::ValuesIn(pairs(sources, streams));
}

inline std::vector<Setting> further_pairs(const std::vector<StreamKind>& streams) {
  std::vector<Setting> settings = pairs(further_sources(), streams);
  if (long_run()) return settings;
  std::erase_if(settings, [](const Setting& setting) {
    const std::string stream = setting.stream.name;
    const char* const also_on = setting.source.also_on;
    return stream != embedded.name && (also_on == nullptr || stream != also_on);
  });
  return settings;
}

/// The further sources with the embedded stream, and SourceKind::also_on; in a long run with each of
/// these streams.
inline auto further(const std::vector<StreamKind>& streams) {
  return ::testing::ValuesIn(further_pairs(streams));
}

/// The embedded stream and those that split transactions; in a long run, all streams.
inline std::vector<StreamKind> streams_that_split() {
  std::vector<StreamKind> streams = exactly_once_streams();
  if (long_run()) return streams;
  std::erase_if(streams, [](const StreamKind& stream) {
    return !stream.splits && stream.make != embedded.make;
  });
  return streams;
}

/// The settings of most scenarios: each of these streams with the cheapest source, and each further
/// source with the embedded stream, and SourceKind::also_on. More is not needed, because sources and streams do not depend
/// on each other. A long run has all combinations.
inline auto each_and_further(const std::vector<StreamKind>& streams) {
  std::vector<Setting> settings = pairs({sqlite}, streams);
  std::ranges::copy(further_pairs(streams), std::back_inserter(settings));
  return ::testing::ValuesIn(settings);
}

}  // namespace headwater::rig
