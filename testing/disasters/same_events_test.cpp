// same_events: every stream gets the same events from the same changes. Each line of `headwater
// tail` is the same, byte for byte, except for the stream's sequence.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <string>

#include "testing/disasters/disaster.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {
namespace {

/// Changes that are captured but not in any stream yet.
class same_events : public ::testing::Test {
 protected:
  same_events() {
    EXPECT_EQ(origin_.init(), "");
    Writers writers(origin_.source(), 2, {.seed = seed(), .transactions = 150});
    EXPECT_EQ(writers.join().error, "");
    // Values and a key that line protocols, C strings or UTF-8 conversion would damage.
    execute(origin_.shop(), R"sql(
INSERT INTO orders VALUES (900001, char(10, 13, 9, 34, 39, 92, 123, 233, 128512, 65533), NULL, '',
                           9223372036854775807, x'00ff0d0a27c328');
INSERT INTO items VALUES (900001, -1, '  $~%20*>.', 0);
UPDATE orders SET note = zeroblob(300000) WHERE id = 900001;
UPDATE orders SET status = ' ' || char(0) || ' ', note = NULL WHERE id = 900001;
DELETE FROM orders WHERE id = 900001;)sql");
  }

  [[nodiscard]] std::string events_on(const StreamKind& kind) const {
    const Pipeline pipeline({.stream = kind.make});
    restore_database(origin_.shop() + ".copy", pipeline.shop());
    EXPECT_EQ(pipeline.init(), "");
    EXPECT_EQ(pipeline.catch_up(), "");
    const Outcome outcome = run(pipeline.headwater({"tail", "--from", "earliest"}));
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
    static const std::regex sequence(R"("sequence":"?[0-9]+"?)");
    return std::regex_replace(outcome.output, sequence, "\"sequence\":0");
  }

  Pipeline origin_;
};

TEST_F(same_events, OnEveryStream) {
  copy_database(origin_.shop(), origin_.shop() + ".copy");
  const std::string expected = events_on(embedded);
  EXPECT_EQ(std::ranges::count(expected, '\n'), std::ssize(origin_.changes()));
  for (const StreamKind& kind : streams_with_server()) {
    SCOPED_TRACE(kind.name);
    const std::string found = events_on(kind);
    // EXPECT_EQ would print a megabyte.
    const auto [one, other] = std::ranges::mismatch(expected, found);
    EXPECT_TRUE(one == expected.end() && other == found.end())
        << "differ at byte " << one - expected.begin() << ": "
        << std::string(one, expected.end()).substr(0, 200) << "\nand\n"
        << std::string(other, found.end()).substr(0, 200);
  }
}

}  // namespace
}  // namespace headwater::rig
