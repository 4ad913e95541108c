// What a scenario runs on: a source and a stream.
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
  /// Its own transactions hold less than a source's may: what belongs together comes in pieces.
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

/// Streams with a StreamUnderTest::network(), and sources other than SQLite. CMake writes the
/// functions' bodies (cmake/under_test.cmake).
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

/// Each of these streams with SQLite; in a long run with the further sources as well.
inline auto each(const std::vector<StreamKind>& streams) {
  std::vector<SourceKind> sources{sqlite};
  if (long_run()) std::ranges::copy(further_sources(), std::back_inserter(sources));
  return ::testing::ValuesIn(pairs(sources, streams));
}

inline std::vector<Setting> further_pairs(const std::vector<StreamKind>& streams) {
  return pairs(further_sources(), long_run() ? streams : std::vector<StreamKind>{embedded});
}

/// The further sources with the embedded stream; in a long run with each of these.
inline auto further(const std::vector<StreamKind>& streams) {
  return ::testing::ValuesIn(further_pairs(streams));
}

/// The streams that split what a source tells together, and the embedded one; in a long run, all.
inline std::vector<StreamKind> streams_that_split() {
  std::vector<StreamKind> streams = exactly_once_streams();
  if (long_run()) return streams;
  std::erase_if(streams, [](const StreamKind& stream) {
    return !stream.splits && stream.make != embedded.make;
  });
  return streams;
}

/// What most scenarios run on. A source and a stream know nothing of each other: so each of these
/// streams with the source that costs least, and each further source with the embedded stream. In
/// a long run, each with each.
inline auto each_and_further(const std::vector<StreamKind>& streams) {
  std::vector<Setting> settings = pairs({sqlite}, streams);
  std::ranges::copy(further_pairs(streams), std::back_inserter(settings));
  return ::testing::ValuesIn(settings);
}

}  // namespace headwater::rig
