// What the errors of every inbox have in common, for the tests of one inbox.
#pragma once

#include <gtest/gtest.h>
#include <headwater/inbox/inbox.h>

#include <string>

namespace headwater::testing {

/// Fails the test unless `result` is this error, with these words, the inbox, and what to do next.
template <class Result>
void expect_error(const Result& result, const std::string& name, const std::string& words,
                  client::Remedy remedy) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, name) << result.error().message;
  EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("the inbox '"), std::string::npos)
      << result.error().message;
  EXPECT_EQ(result.error().remedy, remedy);
  EXPECT_FALSE(result.error().next.empty());
}

}  // namespace headwater::testing
