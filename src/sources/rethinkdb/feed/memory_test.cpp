// What a relay's half of the work needs at the most.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rig/process.h"

namespace headwater::rethinkdb {
namespace {

class RethinkMemory : public RethinkTest {};

/// Each document has a backlog of two changes, and so the image of the first. An answer of the server
/// has at least one document, which is there twice while it is taken apart.
TEST_F(RethinkMemory, IsThatOfAFewDocumentsHoweverManyThereAre) {
#ifdef HEADWATER_SANITIZED
  GTEST_SKIP() << "a sanitizer's memory would be measured";
#endif
  prepare();
  // HEADWATER_LARGE_DOCUMENTS=200: what takes a minute.
  const char* const more = std::getenv("HEADWATER_LARGE_DOCUMENTS");
  const int count = more == nullptr ? 16 : std::atoi(more);
  const std::size_t size = std::size_t{5} << 20U;
  for (int key = 0; key < count; ++key) {
    insert(R"({"id":)" + std::to_string(key) + R"(,"x":")" + std::string(size, 'x') + "\"}");
    update(std::to_string(key), R"({"y":1})");
  }
  const rig::Outcome outcome = rig::run(
      {.words = {HEADWATER_RETHINKDB_DRAINER, std::to_string(server().port()), database_}});
  ASSERT_EQ(outcome.exit, rig::Exit{}) << outcome.errors;
  std::istringstream words(outcome.output);
  std::size_t first = 0;
  std::size_t then = 1;
  std::size_t peak = 0;
  words >> first >> then >> peak;
  EXPECT_EQ(first, std::size_t{2} * static_cast<std::size_t>(count));
  EXPECT_EQ(then, 0U);
  RecordProperty("peak_mib", static_cast<int>(peak >> 20U));
  EXPECT_LT(peak, std::size_t{64} << 20U);
  EXPECT_EQ(journal("0") + journal(std::to_string(count - 1)), "");
}

}  // namespace
}  // namespace headwater::rethinkdb
