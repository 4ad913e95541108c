// What is made of what libmongoc and a server say.
#include "src/sources/mongodb/server/failure.h"

#include <gtest/gtest.h>

#include <string>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {
namespace {

Failure at_the_login(const std::string& words) {
  bson_error_t error{};
  bson_set_error(&error, MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "%s",
                 words.c_str());
  return Failure::from(error, nullptr);
}

TEST(MongoFailure, AWrongPasswordIsForGood) {
  const Error error = to_error(at_the_login("Authentication failed."), "watching shop.orders");
  EXPECT_EQ(error.name, "source.unauthorized");
  EXPECT_EQ(error.remedy, Remedy::stop);
}

TEST(MongoFailure, AWayThatBreaksDuringTheLoginIsNot) {
  for (const char* words :
       {"Failed to read 4 bytes: socket error or timeout",
        "Failed to send \"saslStart\" command with database \"admin\": socket error or timeout",
        "interrupted at shutdown", "connection closed"}) {
    const Error error = to_error(at_the_login(words), "watching shop.orders");
    EXPECT_EQ(error.name, "source.unavailable") << words;
    EXPECT_EQ(error.remedy, Remedy::retry) << words;
  }
}

}  // namespace
}  // namespace headwater::mongodb
