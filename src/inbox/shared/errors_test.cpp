#include "src/inbox/shared/errors.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::client::inbox {
namespace {

std::string name_of(const InboxOptions& options, std::string_view letters = "") {
  auto checked = check_options(options, letters);
  return checked ? "" : checked.error().name;
}

TEST(InboxOptions, AreChecked) {
  EXPECT_EQ(name_of({.consumer = "mail"}), "");
  EXPECT_EQ(name_of({.consumer = "mail", .table = "{shop}:inbox"}), "inbox.bad_options");
  EXPECT_EQ(name_of({.consumer = "mail", .table = "{shop}:inbox"}, "{}:"), "");
  EXPECT_EQ(name_of({}), "inbox.bad_options");
  EXPECT_EQ(name_of({.consumer = std::string(200, 'm')}), "");
  EXPECT_EQ(name_of({.consumer = std::string(201, 'm')}), "inbox.bad_options");
  EXPECT_EQ(name_of({.consumer = std::string("ma\0il", 5)}), "inbox.bad_options");
  using std::chrono::seconds;
  EXPECT_EQ(name_of({.consumer = "mail", .keep = seconds(9), .least_keep = seconds(10)}),
            "inbox.keep_too_short");
  EXPECT_EQ(name_of({.consumer = "mail", .keep = seconds(0), .least_keep = seconds(0)}),
            "inbox.bad_options");
  EXPECT_EQ(name_of({.consumer = "mail", .keep = std::chrono::years(100)}), "inbox.bad_options");
}

TEST(InboxErrors, AMessageNamesTheInboxAndWhatToDo) {
  const InboxOptions options{.consumer = "mail"};
  for (const auto cause : {Cause::busy, Cause::denied, Cause::read_only, Cause::full,
                           Cause::connection, Cause::other}) {
    const Error error = database_error(options, cause, "its words");
    EXPECT_EQ(error.message, "the inbox 'headwater_inbox': its words");
    EXPECT_FALSE(error.next.empty());
    EXPECT_EQ(error.remedy == Remedy::stop, cause == Cause::denied || cause == Cause::other);
  }
}

}  // namespace
}  // namespace headwater::client::inbox
