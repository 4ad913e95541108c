// What stands in a message: docs/formats/nats-stream.md.
#include "src/streams/nats/message.h"

#include <nats/nats.h>

#include <string>

#include "src/streams/nats/acks.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

const ReadLimits limits{.count = 100, .bytes = 1U << 22U};

TEST_F(NatsTest, WhatStandsThereIsWhatTheFormatSays) {
  auto made = writer();
  const Event event{.id = "uuid:1",
                    .source = "sqlite:uuid",
                    .type = EventType("shop", "orders", "insert"),
                    .subject = "42",
                    .partition_key = "orders/42",
                    .time = WallTime(Milliseconds(1'795'421'730'123)),
                    .data = R"({"op":"insert"})",
                    .position = {"p 0"}};
  Event second = event;
  second.id = "uuid:2";
  second.subject = "a b%\n";
  const std::vector<Event> both{event, second};
  auto appended = made->append({}, both, Position{"p 1"}, "sqlite:uuid");
  ASSERT_TRUE(appended) << appended.error().message;
  using Headers = std::map<std::string, std::string>;
  EXPECT_EQ(server_.headers("EVENTS", 1), (Headers{{"Nats-Msg-Id", "uuid:1%208aaf1231430280ed"},
                                                   {"Nats-Expected-Last-Sequence", "0"},
                                                   {"Headwater-Relay", "a"},
                                                   {"Headwater-Position", "1:p%200"},
                                                   {"ce-specversion", "1.0"},
                                                   {"ce-id", "uuid:1"},
                                                   {"ce-source", "sqlite:uuid"},
                                                   {"ce-type", "shop.orders.insert"},
                                                   {"ce-subject", "42"},
                                                   {"ce-partitionkey", "orders/42"},
                                                   {"ce-time", "2026-11-23T08:15:30.123Z"},
                                                   {"content-type", "application/json"}}));
  EXPECT_EQ(server_.headers("EVENTS", 2),
            (Headers{{"Nats-Msg-Id", "uuid:2%208aaf1231430280ed"},
                     {"Nats-Expected-Last-Sequence", "1"},
                     {"Nats-Expected-Last-Msg-Id", "uuid:1%208aaf1231430280ed"},
                     {"Headwater-Relay", "a"},
                     {"Headwater-Position", "1:p%201"},
                     {"ce-specversion", "1.0"},
                     {"ce-id", "uuid:2"},
                     {"ce-source", "sqlite:uuid"},
                     {"ce-type", "shop.orders.insert"},
                     {"ce-subject", "a%20b%25%0A"},
                     {"ce-partitionkey", "orders/42"},
                     {"ce-time", "2026-11-23T08:15:30.123Z"},
                     {"content-type", "application/json"}}));
  ASSERT_TRUE(made->append(appended->tail(), {}, Position{"p2"}, "sqlite:uuid"));
  Headers moved = server_.headers("EVENTS", 3);
  EXPECT_TRUE(moved.erase("Nats-Msg-Id"));
  EXPECT_EQ(moved, (Headers{{"Nats-Expected-Last-Sequence", "2"},
                            {"Nats-Expected-Last-Msg-Id", "uuid:2%208aaf1231430280ed"},
                            {"Headwater-Relay", "a"},
                            {"Headwater-Position", "1:p2"},
                            {"Headwater-Source", "1:sqlite:uuid"},
                            {"Headwater-Event", "2"}}));
  EXPECT_EQ(server_.messages("EVENTS", "events.shop.orders.42").size(), 1U);
  EXPECT_EQ(server_.messages("EVENTS", "headwater.position.EVENTS").size(), 1U);
}

/// Every byte in every place, blanks at the ends, nothing, long.
TEST_F(NatsTest, ReadingBackGivesExactlyTheEvent) {
  std::vector<Event> events;
  const auto add = [&](const std::string& text) {
    events.push_back({.id = std::to_string(events.size()) + text,
                      .source = "s" + text,
                      .type = EventType::parse("shop." + text + ".insert"),
                      .subject = text,
                      .partition_key = text,
                      .time = WallTime(Milliseconds(-1)),
                      .data = text + text});
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
  for (const char* text : {"", " a ", "a: b\r\nX: y\r\n\r\n", "%0A", "%", "%zz", "ümläut → 鉄",
                           "a.b.>.*", "\t", "-", "\"quoted\"", "NATS/1.0\r\n"}) {
    add(text);
  }
  add(std::string("a\0b", 3));
  add(std::string(10'000, 'x'));
  auto made = writer();
  const std::string token = "\r\n\t every \xff" + std::string(1, '\0');
  auto appended = made->append({}, events, Position{token}, " s\n");
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(writer()->tail()->tail(),
            (Tail{.sequence = events.size(), .position = Position{token}, .source = " s\n"}));
  auto reader = *stream()->reader();
  std::uint64_t next = 1;
  while (next <= events.size()) {
    auto read = reader->read(next, limits, Milliseconds(0), {});
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_FALSE(read->empty());
    for (const StoredEvent& stored : *read) {
      ASSERT_EQ(stored.sequence, next);
      ASSERT_EQ(stored.event, events.at(next - 1)) << next;
      ++next;
    }
  }
}

class NatsHeaders : public NatsTest, public ::testing::WithParamInterface<bool> {};

/// nats-server 2.9 and 2.10 take the first place of a header's name for the header, also in another
/// one's value: nobody's key may keep the server from comparing what it is told to.
TEST_P(NatsHeaders, KeysThatLookLikeHeadersHideNothing) {
  auto connection = Connection::open({.urls = {server_.url()}});
  ASSERT_TRUE(connection) << connection.error().message;
  std::uint64_t last = 0;
  const auto publish = [&](const std::string& id, const std::string& key, const Fence& fence) {
    const Event event{.id = id,
                      .source = key,
                      .type = EventType::parse("shop." + key + ".insert"),
                      .subject = key,
                      .partition_key = key,
                      .data = "{}"};
    auto batch = Batch::begin(*connection);
    Message message =
        event_message({.subject = "events.x",
                       .reply = batch->ask(),
                       .id = message_id(event),
                       .each_header_by_itself = GetParam()},
                      event, {.relay = "a", .position = Position{key}, .source = key}, fence);
    EXPECT_TRUE(batch->send(std::move(message), 0));
    auto answer = batch->next();
    EXPECT_TRUE(answer);
    return answer.value_or(Answer{}).ack;
  };
  for (const std::string key : {"Nats-Msg-Id", "Nats-Expected-Last-Sequence",
                                "Nats-Expected-Last-Msg-Id", "xNats-Msg-Id", "Nats-Rollup"}) {
    SCOPED_TRACE(key);
    const std::string before = last == 0 ? "" : "e" + std::to_string(last);
    const std::string id = "e" + std::to_string(last + 1);
    EXPECT_EQ(publish(id, key, {.sequence = last + 7}).code, wrong_last_sequence);
    EXPECT_EQ(publish(id, key, {.sequence = last, .id = "other"}).code, wrong_last_id);
    EXPECT_EQ(publish(id, key, {.sequence = last, .id = before}).sequence, last + 1);
    // Newer servers look at the sequence first.
    const Ack again = publish(id, key, {.sequence = last});
    EXPECT_TRUE(again.duplicate || again.code == wrong_last_sequence) << again.code;
    const auto events = (*stream()->reader())->read(++last, limits, {}, {});
    ASSERT_EQ(events->size(), 1U);
    EXPECT_EQ(events->front().event.subject, key);
    EXPECT_EQ(events->front().event.id, id);
  }
}

INSTANTIATE_TEST_SUITE_P(Set, NatsHeaders, ::testing::Bool(), [](const auto& each) {
  return each.param ? "each_by_itself" : "at_once";
});

TEST(NatsMessage, ADeliveredMessageSaysItsNumbers) {
  const auto found = delivered("$JS.ACK.EVENTS.cW3x.1.4711.12.1700000000000000000.3");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sequence, 4711U);
  EXPECT_EQ(found->place, 12U);
  for (const char* longer : {"$JS.ACK.hub.AcC0.EVENTS.cW3x.1.4711.12.1700000000000000000.3",
                             "$JS.ACK.hub.AcC0.EVENTS.cW3x.1.4711.12.1700000000000000000.3.r4nd"}) {
    const auto of_domain = delivered(longer);
    ASSERT_TRUE(of_domain) << longer;
    EXPECT_EQ(of_domain->sequence, 4711U);
    EXPECT_EQ(of_domain->place, 12U);
  }
  for (const char* other :
       {"", "_INBOX.x.1", "$JS.ACK", "$JS.ACK.EVENTS.cW3x.1.a.12.1.3",
        "$JS.ACK.EVENTS.cW3x.1.4711.12.1", "$JS.FC.EVENTS.cW3x.1.4711.12.1.3"}) {
    EXPECT_FALSE(delivered(other)) << other;
  }
}

TEST(NatsMessage, IdsAreEncodedOnceAsTheFormatSays) {
  const Event event{.id = "a%b c Nats-", .data = "{}", .position = {"p"}};
  const std::string id = message_id(event);
  Message message = event_message({.subject = "s", .id = id, .each_header_by_itself = true}, event,
                                  {.relay = "r"}, {.sequence = 1, .id = id});
  for (const char* const name : {"Nats-Msg-Id", "Nats-Expected-Last-Msg-Id"}) {
    const char* value = nullptr;
    ASSERT_EQ(natsMsgHeader_Get(message.get(), name, &value), NATS_OK);
    const std::string_view text(value);
    EXPECT_EQ(text.substr(0, text.size() - 16), "a%25b%20c%20%4Eats-%20");
  }
  EXPECT_EQ(id_of(message.get()), id);
}

/// The id of a MongoDB change has its document's key at its end: two changes of one document with a
/// long key are no repeat of each other.
TEST_F(NatsTest, LongIdsThatEndAlikeAreNoRepeats) {
  const std::string key(3'000, 'k');
  std::vector<Event> events;
  for (const char* const time : {"1:", "2:", "1:"}) {
    events.push_back({.id = time + key, .source = "s", .type = EventType::parse("shop.t.update")});
    events.back().data = "{}";
    EXPECT_LE(message_id(events.back()).size(), 1'000U);
  }
  EXPECT_NE(message_id(events[0]), message_id(events[1]));
  EXPECT_EQ(message_id(events[0]), message_id(events[2]));
  auto writer = *stream()->writer("a");
  const auto tail = writer->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  const std::span<const Event> two(events.data(), 2);
  const auto appended = writer->append(tail->tail(), two, Position{"p"}, "s");
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->tail().sequence, 2U);
}

/// A stream written by hand, as the format says, is read and gone on with.
TEST_F(NatsTest, AStoredSampleIsUnderstood) {
  natsMsg* message = nullptr;
  natsConnection* connection = nullptr;
  jsCtx* jetstream = nullptr;
  ASSERT_EQ(natsConnection_ConnectTo(&connection, server_.url().c_str()), NATS_OK);
  ASSERT_EQ(natsConnection_JetStream(&jetstream, connection, nullptr), NATS_OK);
  ASSERT_EQ(natsMsg_Create(&message, "events.d.t.1", nullptr, "{}", 2), NATS_OK);
  for (const auto& [name, value] : {std::pair{"Nats-Msg-Id", "u:1"},
                                    {"Headwater-Relay", "a"},
                                    {"Headwater-Position", "1:p%0A1"},
                                    {"Headwater-Source", "1:s:u"},
                                    {"ce-specversion", "1.0"},
                                    {"ce-id", "u:1"},
                                    {"ce-source", "s:u"},
                                    {"ce-type", "d.t.insert"},
                                    {"ce-subject", "%31"},
                                    {"ce-time", "1969-12-31T23:59:59.999Z"},
                                    {"content-type", "application/json"}}) {
    ASSERT_EQ(natsMsgHeader_Set(message, name, value), NATS_OK);
  }
  ASSERT_EQ(js_PublishMsg(nullptr, jetstream, message, nullptr, nullptr), NATS_OK);
  natsMsg_Destroy(message);
  jsCtx_Destroy(jetstream);
  natsConnection_Destroy(connection);
  const Tail expected{.sequence = 1, .position = Position{"p\n1"}, .source = "s:u"};
  auto made = writer();
  EXPECT_EQ(made->tail()->tail(), expected);
  auto events = (*stream()->reader())->read(1, limits, {}, {});
  ASSERT_EQ(events->size(), 1U);
  const Event event{.id = "u:1",
                    .source = "s:u",
                    .type = EventType("d", "t", "insert"),
                    .subject = "1",
                    .partition_key = "",
                    .time = WallTime(Milliseconds(-1)),
                    .data = "{}"};
  EXPECT_EQ(events->front().event, event);
  auto appended = made->append(expected, testing::sample_batch("a", 1, 2), Position{"n"}, "s:u");
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->tail().sequence, 3U);
}

}  // namespace
}  // namespace headwater::nats
