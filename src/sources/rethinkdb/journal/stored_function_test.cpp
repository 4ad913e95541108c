#include "src/sources/rethinkdb/journal/stored_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "src/event/encoding.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::HasSubstr;

/// What get_write_hook() of RethinkDB 2.4.4 gives for function(context, old, new) { return new.merge(
/// {"at": context("timestamp")}) }, except for the line breaks in its base64.
std::string sample() {
  return base64_decoded(
             "JHJlcWxfd3JpdGVfaG9va19mdW5jdGlvbiQAAAAAAAADAQAAAAAAAAACAAAAAAAAAAMAAAAAAAAAXAAAAFszN"
             "SxbWzEwLFtb"
             "MSwzLDEyXV0sMTFdLFszLHsiYXQiOlsxNzAsW1sxMCxbWzEsMSwxNl1dLDE1XSxbMSwidGltZXN0YW1wIiwxN"
             "11dLDE0XX0s"
             "MTNdXSwxMF0ACgAAAA==")
      .value_or("");
}

std::string refusal(const std::string& bytes) {
  const auto function = function_in(bytes);
  if (function) return "none";
  EXPECT_EQ(function.error().name, "source.foreign_hook");
  EXPECT_EQ(function.error().remedy, Remedy::stop);
  EXPECT_FALSE(function.error().next.empty());
  return function.error().message;
}

TEST(RethinkStoredFunction, IsReadBack) {
  const auto function = function_in(sample());
  ASSERT_TRUE(function) << function.error().message;
  const Term context = var(1);
  const Term expected =
      func({1, 2, 3}, var(3).then(TermType::merge, {Term::object({{"at", context["timestamp"]}})}));
  EXPECT_EQ(function->json(), expected.json());
}

TEST(RethinkStoredFunction, OfAnotherFormIsRefused) {
  EXPECT_THAT(refusal(""), HasSubstr("another form"));
  EXPECT_THAT(refusal("$reql_index_function$" + sample().substr(26)), HasSubstr("another form"));
  std::string script = sample();
  script[26] = 1;
  EXPECT_THAT(refusal(script), HasSubstr("in JavaScript"));
  std::string inner = sample();
  inner[27] = 1;
  EXPECT_THAT(refusal(inner), HasSubstr("three values"));
}

/// Whatever the bytes are, it is read or refused.
TEST(RethinkStoredFunction, DamagedIsReadOrRefused) {
  std::mt19937 random(1);
  const std::string whole = sample();
  const std::size_t prefix = 26;
  for (std::size_t size = 0; size < whole.size(); ++size) (void)refusal(whole.substr(0, size));
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (std::size_t times = 1 + random() % 4; times > 0; --times) {
      const std::size_t at = prefix + random() % (bytes.size() - prefix);
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 4);
          break;
        default:
          bytes.insert(at, 1, "[]{},:\"0123456789"[random() % 17]);
          break;
      }
    }
    refused += refusal(bytes) == "none" ? 0 : 1;
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace headwater::rethinkdb
