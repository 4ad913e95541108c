// What the tests of several streams share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/config/config.h"
#include "src/ports/adapter.h"

namespace headwater::testing {

/// The stream that `make` makes of its mapping in /etc/relay.yaml.
template <class Make>
[[nodiscard]] Result<std::unique_ptr<StreamAdapter>> stream_from(const std::string& yaml,
                                                                 const Make& make) {
  static const SystemClock clock;
  auto section = config::parse(yaml, "/etc/relay.yaml");
  if (!section) return failed(section);
  return make(*section, clock);
}

/// "a:1", "a:2", ...
[[nodiscard]] inline std::vector<std::string> sample_ids(std::uint64_t count) {
  std::vector<std::string> ids;
  for (std::uint64_t n = 1; n <= count; ++n) ids.push_back("a:" + std::to_string(n));
  return ids;
}

/// The first finding of this kind whose text holds `words`; fails the test if there is none.
inline Finding find(const Report& report, Finding::Kind kind, const std::string& words) {
  std::string all;
  for (const Finding& each : report) {
    if (each.kind == kind && each.what.find(words) != std::string::npos) return each;
    all += each.what + "\n";
  }
  ADD_FAILURE() << "nothing says '" << words << "':\n" << all;
  return {};
}

inline void expect_stop(const Error& error, const std::string& name) {
  EXPECT_EQ(error.name, name) << error.message;
  EXPECT_EQ(error.remedy, Remedy::stop);
  EXPECT_EQ(error.origin, Origin::stream);
  EXPECT_FALSE(error.next.empty());
}

}  // namespace headwater::testing
