#include "src/pgoutput/decoder.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "src/base/hex.h"
#include "src/pgoutput/decoder_fuzz.h"

namespace headwater::pgoutput {
namespace {

int fuzz(const std::string& bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  return LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

/// What PostgreSQL 15 sent for the statements in `statements.sql`.
std::vector<std::string> recorded() {
  std::ifstream file(HEADWATER_PGOUTPUT_CORPUS "/recorded.hex");
  std::vector<std::string> messages;
  for (std::string line; std::getline(file, line);) {
    messages.push_back(bytes_from_hex(line).value_or("not hexadecimal"));
  }
  return messages;
}

template <class Kind>
Kind decoded(const std::string& bytes) {
  const auto message = decode(bytes);
  EXPECT_TRUE(message) << message.error().message;
  const auto* kind = message ? std::get_if<Kind>(&*message) : nullptr;
  EXPECT_NE(kind, nullptr);
  return kind == nullptr ? Kind() : *kind;
}

/// All recorded messages of one kind. They point into `bytes`.
template <class Kind>
std::vector<Kind> all_of(const std::vector<std::string>& bytes) {
  std::vector<Kind> found;
  for (const std::string& each : bytes) {
    const auto message = decode(each);
    if (!message) continue;
    if (const auto* kind = std::get_if<Kind>(&*message)) found.push_back(*kind);
  }
  return found;
}

std::string text_of(const Tuple& tuple) {
  std::string text;
  for (const Field& field : tuple) {
    if (!text.empty()) text += '|';
    text += field.kind == Field::Kind::null        ? "NULL"
            : field.kind == Field::Kind::unchanged ? "UNCHANGED"
                                                   : std::string(field.bytes.substr(0, 8));
  }
  return text;
}

TEST(PgOutput, DecodesWhatAServerSent) {
  const auto messages = recorded();
  ASSERT_EQ(messages.size(), 44U);
  for (const std::string& message : messages) EXPECT_TRUE(decode(message)) << message[0];
}

TEST(PgOutput, BeginAndCommitBelongTogether) {
  const auto messages = recorded();
  const auto begins = all_of<Begin>(messages);
  const auto commits = all_of<Commit>(messages);
  ASSERT_EQ(begins.size(), 8U);
  ASSERT_EQ(commits.size(), 8U);
  EXPECT_EQ(begins[0].commit, 0x1539780U);
  EXPECT_EQ(begins[0].xid, 734U);
  EXPECT_EQ(commits[0].end, 0x15397b0U);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    EXPECT_EQ(begins[i].commit, commits[i].commit);
    EXPECT_EQ(begins[i].time, commits[i].time);
    EXPECT_GT(commits[i].end, commits[i].commit);
  }
}

TEST(PgOutput, ARelationHasItsColumns) {
  const auto messages = recorded();
  const auto relations = all_of<Relation>(messages);
  ASSERT_GE(relations.size(), 3U);
  const Relation& orders = relations[0];
  EXPECT_EQ(orders.schema, "shop");
  EXPECT_EQ(orders.name, "orders");
  EXPECT_EQ(orders.identity, Identity::primary_key);
  ASSERT_EQ(orders.columns.size(), 6U);
  EXPECT_EQ(orders.columns[0].name, "id");
  EXPECT_TRUE(orders.columns[0].in_identity);
  EXPECT_EQ(orders.columns[0].type, 23U);
  EXPECT_FALSE(orders.columns[4].in_identity);
  EXPECT_EQ(orders.columns[4].type, 1700U);
  EXPECT_EQ(orders.columns[4].modifier, 10 << 16 | (2 + 4));
  EXPECT_EQ(relations[1].identity, Identity::full);
  const auto types = all_of<Type>(messages);
  ASSERT_GE(types.size(), 3U);
  EXPECT_EQ(types[0].schema, "shop");
  EXPECT_EQ(types[0].name, "mood");
  EXPECT_EQ(types[0].id, orders.columns[2].type);
}

TEST(PgOutput, RowsAreAsWritten) {
  const auto messages = recorded();
  const auto inserts = all_of<Insert>(messages);
  ASSERT_EQ(inserts.size(), 5U);
  EXPECT_EQ(text_of(inserts[0].row), "1|x|ok|5|1.50|(1,z)");
  EXPECT_EQ(text_of(inserts[1].row), "2|NULL|NULL|NULL|NULL|NULL");
  const auto updates = all_of<Update>(messages);
  ASSERT_EQ(updates.size(), 5U);
  EXPECT_EQ(updates[0].what_is_old, Old::nothing);
  EXPECT_EQ(text_of(updates[0].row), "1|y|ok|5|1.50|(1,z)");
  EXPECT_EQ(updates[1].what_is_old, Old::key);
  EXPECT_EQ(text_of(updates[1].old), "2|NULL|NULL|NULL|NULL|NULL");
  EXPECT_EQ(updates[2].what_is_old, Old::row);
  EXPECT_EQ(text_of(updates[2].old), "1|b");
  EXPECT_EQ(text_of(updates[2].row), "2|b");
  EXPECT_EQ(text_of(updates[3].row), "2|UNCHANGED");
  const auto deletes = all_of<Delete>(messages);
  ASSERT_EQ(deletes.size(), 2U);
  EXPECT_EQ(deletes[0].what_is_old, Old::key);
  EXPECT_EQ(deletes[1].what_is_old, Old::row);
}

TEST(PgOutput, ATruncateNamesItsTables) {
  const auto messages = recorded();
  const auto truncates = all_of<Truncate>(messages);
  ASSERT_EQ(truncates.size(), 1U);
  EXPECT_TRUE(truncates[0].cascade);
  EXPECT_FALSE(truncates[0].restart_identity);
  const auto relations = all_of<Relation>(messages);
  EXPECT_EQ(truncates[0].relations, (std::vector<Oid>{relations[0].id, relations[1].id}));
}

TEST(PgOutput, MessagesAndOrigins) {
  const auto messages = recorded();
  const auto written = all_of<LogMessage>(messages);
  ASSERT_EQ(written.size(), 2U);
  EXPECT_TRUE(written[0].transactional);
  EXPECT_EQ(written[0].prefix, "pre");
  EXPECT_EQ(written[0].content, "hello");
  EXPECT_FALSE(written[1].transactional);
  const auto origins = all_of<ReplicationOrigin>(messages);
  ASSERT_EQ(origins.size(), 1U);
  EXPECT_EQ(origins[0].name, "o");
}

TEST(PgOutput, NoPartOfAMessageIsOne) {
  for (const std::string& message : recorded()) {
    const std::size_t step = message.size() > 300 ? 97 : 1;
    for (std::size_t size = 0; size < message.size(); size += step) {
      const auto part = decode(std::string(message, 0, size));
      ASSERT_FALSE(part) << message[0] << " cut to " << size;
      EXPECT_EQ(part.error().name, "source.bad_message");
    }
    EXPECT_FALSE(decode(message + '\0'));
  }
}

TEST(PgOutput, RefusesWhatNobodyAskedFor) {
  // Two-phase commit and streaming.
  for (const char kind : {'b', 'P', 'K', 'r', 'p', 'S', 'E', 'c', 'A', 'X', '\0'}) {
    EXPECT_FALSE(decode(std::string(1, kind) + std::string(40, '\0'))) << kind;
  }
  EXPECT_FALSE(decode(""));
}

/// The sizes in a message are only promises.
TEST(PgOutput, LargeCountsAllocateNothing) {
  EXPECT_FALSE(decode(std::string("I\0\0\0\1N\xff\xff", 8)));
  EXPECT_FALSE(decode(std::string("T\xff\xff\xff\xff\0\0\0\0\1", 10)));
  EXPECT_FALSE(decode(std::string("I\0\0\0\1N\0\1t\xff\xff\xff\xff", 13)));
}

/// What the fuzzer does, for compilers without one. With the address sanitizer, a byte read outside
/// of the message is an error.
TEST(PgOutput, DamagedMessagesAreDecodedOrRefused) {
  const auto messages = recorded();
  std::mt19937 random(17);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = messages[random() % messages.size()];
    if (damaged.size() > 1'000) damaged.resize(1'000);
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (random() % 3 == 0) damaged.resize(random() % (damaged.size() + 1));
    EXPECT_EQ(fuzz(damaged), 0);
  }
}

TEST(PgOutput, TheFuzzersCorpusIsDecodedOrRefused) {
  for (const std::string& message : recorded()) EXPECT_EQ(fuzz(message), 0);
}

}  // namespace
}  // namespace headwater::pgoutput
