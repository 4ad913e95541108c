#include "src/serve/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headwater {
namespace {

using testing::HasSubstr;
using testing::Not;

Json status_of(Json relay) {
  Json relays = Json::array();
  relays.push_back(std::move(relay));
  return Json{{"version", "1.2.3"}, {"started", "then"}, {"time", "now"}, {"relays", relays}};
}

TEST(StatusPage, ShowsEverythingThatTheStatusHas) {
  const std::string page = to_page(status_of(
      Json{{"relay", "orders"},
           {"state", "leading"},
           {"tail", 12},
           {"retries", Json{{"stream.away", 3}}},
           {"snapshot", Json{{"table", "items"}, {"rows_done", 30}, {"rows_total", 40}}}}));
  for (const char* shown :
       {"<h2>orders <span class=\"ready\">leading</span></h2>", "<tr><th>tail</th><td>12</td></tr>",
        "<tr><th>retries stream.away</th><td>3</td></tr>",
        "<tr><th>snapshot table</th><td>items</td></tr>", "<progress value=\"30\" max=\"40\">",
        "version 1.2.3, started then, now now"}) {
    EXPECT_THAT(page, HasSubstr(shown));
  }
}

TEST(StatusPage, MarksTrouble) {
  const std::string page =
      to_page(status_of(Json{{"relay", "a"}, {"state", "leading"}, {"trouble", "stuck"}}));
  EXPECT_THAT(page, HasSubstr("<span class=\"trouble\">leading</span>"));
  EXPECT_THAT(page, HasSubstr("<tr><th>trouble</th><td>stuck</td></tr>"));
}

/// A table may have any name.
TEST(StatusPage, TextIsNeverMarkup) {
  const std::string page = to_page(status_of(
      Json{{"relay", "a"}, {"snapshot", Json{{"table", "<script>\"&"}, {"rows_done", 1}}}}));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&quot;&amp;"));
}

TEST(StatusPage, ShowsConsumers) {
  Json consumers = Json::array();
  consumers.push_back(Json{{"consumer", "mail"}, {"events_handled", 7}});
  const std::string page = to_page(Json{
      {"version", "1"}, {"started", "then"}, {"time", "now"}, {"consumers", std::move(consumers)}});
  EXPECT_THAT(page, HasSubstr("<h2>mail "));
  EXPECT_THAT(page, HasSubstr("<tr><th>events_handled</th><td>7</td></tr>"));
}

}  // namespace
}  // namespace headwater
