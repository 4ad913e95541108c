#include "src/rethinkdb/wire_fuzz.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "src/base/random.h"

namespace headwater::rethinkdb {
namespace {

int fuzz(const std::string& bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  return LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

/// Its files are the fuzzer's own format: see wire_fuzz.h.
std::vector<std::string> corpus() {
  std::vector<std::string> inputs;
  for (const auto& each : std::filesystem::directory_iterator(HEADWATER_RETHINKDB_CORPUS)) {
    std::ifstream file(each.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

TEST(RethinkdbFuzz, TheCorpusIsReadOrRefused) {
  const auto inputs = corpus();
  ASSERT_GE(inputs.size(), 20U);
  for (const std::string& input : inputs) EXPECT_EQ(fuzz(input), 0);
}

/// What the fuzzer does, for compilers without one. With the address sanitizer, a byte read outside
/// of the input is an error.
TEST(RethinkdbFuzz, DamagedInputIsReadOrRefused) {
  const auto inputs = corpus();
  ASSERT_FALSE(inputs.empty());
  Random random(18);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = inputs[random() % inputs.size()];
    for (auto flips = 1 + random() % 4; flips > 0 && damaged.size() > 2; --flips) {
      // The first two bytes are the fuzzer's.
      damaged[2 + random() % (damaged.size() - 2)] = static_cast<char>(random());
    }
    if (random() % 3 == 0) damaged.resize(random() % (damaged.size() + 1));
    EXPECT_EQ(fuzz(damaged), 0);
  }
}

}  // namespace
}  // namespace headwater::rethinkdb
