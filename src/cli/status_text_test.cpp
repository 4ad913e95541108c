#include "src/cli/status_text.h"

#include <gtest/gtest.h>

#include "src/json/json.h"

namespace headwater::cli {
namespace {

TEST(StatusText, SaysWhatARelayDoes) {
  const auto status = Json::parse(R"({"address":"10.0.0.7:9090","relays":[{"relay":"orders",
      "state":"leading","since":"2026-11-30T01:02:03.004Z","ready":true,"source":"sqlite shop.db",
      "stream":"embedded stream events.db","promise":"exactly once","tail":4711,
      "position":"change 9 of shop.db","lag_seconds":0.25,"events_appended":4700,"appends":12,
      "conflicts":1,"takeovers":1,"retries":{"a":2,"b":1},"gaps":{},"claim":"ours","backlog":3,
      "seconds_until_loss":7200,"bytes_until_loss":3145728,"source_lag_seconds":12,"stream_history_seconds":60,
      "stream_room_bytes":2147483648,"snapshot":{"table":"orders","rows_done":5,"rows_total":20,"tables_done":1,"tables_total":3}}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status_text(*status, false),
            "orders: leading since 2026-11-30T01:02:03.004Z\n"
            "  sqlite shop.db -> embedded stream events.db (exactly once)\n"
            "  at event 4,711, change 9 of shop.db; lag 0.2 s, backlog 3, 12 s behind the "
            "source's time, the source keeps its history for another 2.0 h, the "
            "source keeps its history for another 3 MiB of its log\n"
            "  the stream goes back 60.0 s, and has room for 2,048 MiB\n"
            "  4,700 events in 12 appends, 1 conflicts, 1 takeovers, 3 retries (a 2, b 1), 0 gaps\n"
            "  has the claim to lead\n"
            "  snapshot of orders: 5 of 20 rows, 1 of 3 tables\n");
  EXPECT_TRUE(status_text(*status, true).starts_with("10.0.0.7:9090:\norders: leading"));
  EXPECT_TRUE(is_ready(*status));
}

TEST(StatusText, SaysWhatAConsumerDoes) {
  const auto status = Json::parse(R"({"relays":[],"consumers":[{"consumer":"mail","ready":false,
      "trouble":"retrying: handler.silent for 20 s","stream":"embedded stream events.db",
      "acknowledged":4711,"lag_events":3,"lag_seconds":7200,"events_handled":4700,
      "retries":{"handler.silent":2},"dead_letters":{"handler.rejected":1},
      "dead_letters_open":2,"handler_restarts":1}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status_text(*status, false),
            "mail: not consuming\n"
            "  TROUBLE  retrying: handler.silent for 20 s\n"
            "  embedded stream events.db, acknowledged event 4,711; behind by 3 events, 2.0 h\n"
            "  4,700 events handled, 2 retries (handler.silent 2), 1 dead letters "
            "(handler.rejected 1), 2 open, handler restarted 1 times\n");
  EXPECT_FALSE(is_ready(*status));
}

TEST(StatusText, SaysWhatIsWrong) {
  const auto status = Json::parse(R"({"relays":[{"relay":"a","state":"standing_by","ready":true},
      {"relay":"b","state":"ended","ready":false,"trouble":"failed: source.history_lost"}]})");
  ASSERT_TRUE(status);
  const std::string text = status_text(*status, false);
  EXPECT_NE(text.find("a: standing by since"), std::string::npos) << text;
  EXPECT_NE(text.find("  TROUBLE  failed: source.history_lost\n"), std::string::npos) << text;
  EXPECT_FALSE(is_ready(*status));
}

/// Whatever answers there.
TEST(StatusText, AnswersOfOthersDoNoHarm) {
  for (const char* words : {"{}", "[]", "3", R"({"relays":[1,{"tail":"x","retries":[1]}]})",
                            R"({"relays":[{"relay":"a\nb: leading"}]})",
                            R"({"consumers":[7,{"consumer":"a\nb: leading"}]})"}) {
    const auto status = Json::parse(words);
    ASSERT_TRUE(status) << words;
    EXPECT_EQ(status_text(*status, false).find("\nb: leading"), std::string::npos);
  }
}

}  // namespace
}  // namespace headwater::cli
