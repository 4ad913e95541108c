#include "src/streams/nats/subject.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::nats {
namespace {

std::string subject(const std::string& words, const std::string& type, const std::string& key) {
  auto subjects = Subjects::from("EVENTS", words);
  if (!subjects) return "refused";
  Event event;
  event.type = EventType::parse(type);
  event.subject = key;
  return subjects->of(event);
}

TEST(NatsSubject, WordsAreFilledIn) {
  const std::string words = "events.{database}.{table}.{key}";
  EXPECT_EQ(subject(words, "shop.orders.insert", "42"), "events.shop.orders.42");
  EXPECT_EQ(subject(words, "shop.a.b.update", "4.2"), "events.shop.a%2Eb.4%2E2");
  EXPECT_EQ(subject(words, "shop.gap", ""), "events.shop.-.-");
  EXPECT_EQ(subject("e.{table}-{key}.y", "shop.orders.insert", "1"), "e.orders-1.y");
  EXPECT_EQ(subject("e.x-{key}", "shop.orders.insert", "1"), "refused");
  EXPECT_EQ(subject(words, "shop.orders.insert", std::string(9999, 'x')),
            "events.shop.orders." + std::string(200, 'x'));
  EXPECT_EQ(subject("all", "shop.orders.insert", "1"), "all.all");
}

TEST(NatsSubject, ASchemaIsAWordOfItsOwn) {
  Event event;
  event.type = EventType("shop", "public", "a.b", "insert");
  event.subject = "42";
  EXPECT_EQ(Subjects::from("EVENTS", "events.{database}.{table}.{key}")->of(event),
            "events.shop.public.a%2Eb.42");
}

TEST(NatsSubject, NothingIsEncodedTwiceOrCutInside) {
  const std::string words = "events.{database}.{table}.{key}";
  EXPECT_EQ(subject(words, "app%2Eprod.a.b.insert", "ada%40example.com"),
            "events.app%2Eprod.a%2Eb.ada%40example%2Ecom");
  EXPECT_EQ(subject(words, "app%2Eprod.gap", ""), "events.app%2Eprod.-.-");
  EXPECT_EQ(subject("e.{key}", "shop.orders.insert", "a%20b/-1.5/1.0e+300"),
            "e.a%20b/-1%2E5/1%2E0e%2B300");
  std::string long_key;
  std::string first_bytes;
  for (int n = 0; n < 300; ++n) long_key += "%C3%A9";
  for (int n = 0; n < 100; ++n) first_bytes += "%C3%A9";
  EXPECT_EQ(subject("e.{key}", "shop.orders.insert", long_key), "e." + first_bytes);
}

TEST(NatsSubject, NothingIsTakenForMoreThanAWord) {
  const std::string words = "events.{key}";
  for (const char* key : {"*", ">", "a b", "\r\n", "\t", "ü", "a.b", ".", "%", "\x7f", "\xff"}) {
    const std::string made = subject(words, "d.t.insert", key);
    EXPECT_EQ(made.find_first_of(" *>\t\r\n", 0), std::string::npos) << made;
    EXPECT_EQ(made.find('.', 7), std::string::npos) << made;
    EXPECT_GT(made.size(), 7U);
    for (const char c : made) EXPECT_TRUE(c > ' ' && c < 0x7f) << made;
  }
}

TEST(NatsSubject, TemplatesThatCannotBeAreRefused) {
  for (const char* words :
       {"", "{table}", ".a", "a.", "a..{key}", "a.{key}.", "a b.{key}", "a.{row}", "a.{key",
        "*.{key}", "a.>", "$JS.{key}", "headwater.{key}"}) {
    EXPECT_FALSE(Subjects::from("EVENTS", words)) << words;
  }
  EXPECT_EQ(Subjects::from("EVENTS", "a.b.{key}")->events(), "a.b.>");
}

}  // namespace
}  // namespace headwater::nats
