// What the disasters share. Each runs on every stream it applies to; a later stream brings itself
// (cmake/streams_under_test.cmake).
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/disasters/long_run.h"
#include "testing/disasters/stream_kind.h"
#include "testing/rig/pipeline.h"

namespace headwater::rig {

/// Ends of a relay.
inline constexpr int source_error = 3;
inline constexpr int stream_error = 4;
inline constexpr Exit killed{.code = 0, .signal = 9};

/// Transactions of one writer, to their end.
inline void write_some(const Pipeline& pipeline, std::uint64_t salt = 1,
                       std::uint64_t transactions = 80) {
  Writers writers(pipeline.shop(), 1, {.seed = seed() + salt, .transactions = transactions});
  EXPECT_EQ(writers.join().error, "");
}

inline auto embedded_only() {
  return ::testing::Values(StreamKind{.name = "embedded", .make = &embedded_stream});
}

inline std::vector<StreamKind> and_embedded(std::vector<StreamKind> streams) {
  streams.push_back({.name = "embedded", .make = &embedded_stream});
  return streams;
}

inline std::vector<StreamKind> and_stdout(std::vector<StreamKind> streams) {
  streams.push_back({.name = "stdout", .make = &stdout_stream});
  return streams;
}

inline auto network_streams() { return ::testing::ValuesIn(streams_with_server()); }
inline auto exactly_once_streams() {
  return ::testing::ValuesIn(and_embedded(streams_with_server()));
}
inline auto all_streams() {
  return ::testing::ValuesIn(and_stdout(and_embedded(streams_with_server())));
}

inline std::string stream_name(const ::testing::TestParamInfo<StreamKind>& info) {
  return info.param.name;
}

class OnStream : public ::testing::TestWithParam<StreamKind> {
 protected:
  static PipelineOptions options() { return {.stream = GetParam().make}; }
};

}  // namespace headwater::rig
