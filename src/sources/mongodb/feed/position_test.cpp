#include "src/sources/mongodb/feed/position.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headwater::mongodb {
namespace {

struct Sample {
  MongoPosition position;
  std::string text;
};

// As docs/formats/mongodb-position.md shows them. What is stored must be readable for ever: new
// samples may come, none of these may change.
std::vector<Sample> samples() {
  const MongoPosition start{.source = "mongodb:65f0c1e2a3b4c5d6e7f80910",
                            .fingerprint = "0123456789abcdef",
                            .token = {},
                            .time = {1795431392, 18},
                            .witness = {},
                            .place = {}};
  MongoPosition after_change = start;
  after_change.token.data = "826B04E0000000000C2B022C0100296E5A1004";
  after_change.time = {1795431400, 12};
  after_change.witness = {1795431400, 12};
  MongoPosition after_number = after_change;
  after_number.token.more = R"({"_typeBits":{"$binary":{"base64":"ggA=","subType":"00"}}})";
  MongoPosition in_transaction = after_change;
  in_transaction.place.transaction =
      sources::OpenTransaction{.id = "c2f38d8f-05f7-4825-a0cd-678e835fe343:9", .count = 3};
  MongoPosition in_snapshot = after_change;
  in_snapshot.place.snapshot =
      sources::TablePlace{.name = {.database = "shop", .schema = {}, .table = "orders"},
                          .after = R"({"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})",
                          .done = 4711};
  MongoPosition after_rename = in_snapshot;
  after_rename.place.snapshot->after.clear();
  after_rename.place.snapshot->all_changes = true;
  MongoPosition after_collection = in_snapshot;
  after_collection.place.snapshot->after.clear();
  after_collection.place.snapshot->whole = true;
  MongoPosition on_request = after_rename;
  on_request.place.snapshot->request =
      sources::ReadRequest{.id = "00ff00ff00ff00ff",
                           .tables = {{"shop", "", "items"}, {"shop", "", "orders"}},
                           .filter = R"({"state":"open"})"};
  return {
      {start, R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
              R"("time":[1795431392,18]})"},
      {after_change,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12]})"},
      {after_number,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("tokenMore":{"_typeBits":{"$binary":{"base64":"ggA=","subType":"00"}}},)"
       R"("witness":[1795431400,12]})"},
      {in_transaction,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12],)"
       R"("txn":{"count":3,"id":"c2f38d8f-05f7-4825-a0cd-678e835fe343:9"}})"},
      {in_snapshot,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12],"snapshot":{"done":4711,"db":"shop","coll":"orders",)"
       R"("after":"{\"_id\":{\"$oid\":\"62e2ef0d1c9a9a3d1c1c1c1c\"}}"}})"},
      {after_rename,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12],"snapshot":{"done":4711,"db":"shop","coll":"orders",)"
       R"("after":"","all":true}})"},
      {after_collection,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12],"snapshot":{"done":4711,"db":"shop","coll":"orders",)"
       R"("after":"{\"_id\":{\"$maxKey\":1}}"}})"},
      {on_request,
       R"({"v":1,"source":"mongodb:65f0c1e2a3b4c5d6e7f80910","pipeline":"0123456789abcdef",)"
       R"("time":[1795431400,12],"token":"826B04E0000000000C2B022C0100296E5A1004",)"
       R"("witness":[1795431400,12],"snapshot":{"done":4711,"db":"shop","coll":"orders",)"
       R"("after":"","all":true,"request":{"tables":[["shop","","items"],["shop","","orders"]],)"
       R"("id":"00ff00ff00ff00ff","filter":"{\"state\":\"open\"}"}}})"}};
}

TEST(MongoPosition, IsWrittenAsStored) {
  for (const Sample& sample : samples()) EXPECT_EQ(encode(sample.position).token, sample.text);
}

TEST(MongoPosition, WhatIsStoredIsRead) {
  for (const Sample& sample : samples()) {
    const auto read = decode({sample.text});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, sample.position);
  }
}

TEST(MongoPosition, WhatIsCutOrLongerIsRefused) {
  for (const Sample& sample : samples()) {
    for (std::size_t length = 0; length < sample.text.size(); ++length) {
      const auto cut = decode({sample.text.substr(0, length)});
      ASSERT_FALSE(cut) << length;
      EXPECT_EQ(cut.error().name, "source.bad_position");
    }
    EXPECT_FALSE(decode({sample.text + "x"}));
  }
}

TEST(MongoPosition, AnotherVersionIsRefused) {
  std::string text = samples()[0].text;
  text.replace(text.find("\"v\":1"), 5, "\"v\":2");
  const auto read = decode({text});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("version 2"), std::string::npos);
}

/// `sample` with the value of `member`, which is written `before`, replaced.
std::string replaced(const Sample& sample, const std::string& member, const std::string& before,
                     const std::string& value) {
  std::string text = sample.text;
  const std::string old = "\"" + member + "\":" + before;
  EXPECT_NE(text.find(old), std::string::npos) << old;
  return text.replace(text.find(old), old.size(), "\"" + member + "\":" + value);
}

TEST(MongoPosition, MembersOfAnotherTypeAreRefused) {
  const auto all = samples();
  const Sample& snapshot = all[4];
  struct Wrong {
    std::string text;
    std::string why;
  };
  const std::string whole = " is not a whole number from 0 to 18446744073709551615";
  std::vector<Wrong> wrongs{
      {"[]", "not a JSON object"},
      {"{}", "v is missing"},
      {replaced(all[3], "txn", R"({"count":3)", R"({"count":-3)"), "txn.count" + whole},
      {replaced(all[3], "txn", R"({"count":3)", R"({"count":"3")"), "txn.count" + whole},
      {replaced(snapshot, "db", R"("shop")", "7"), "snapshot.db is not a text"},
      {replaced(snapshot, "done", "4711", "1e300"), "snapshot.done" + whole},
      {replaced(snapshot, "done", "4711", "true"), "snapshot.done" + whole},
      {replaced(snapshot, "done", "4711", R"(1,"all":1)"),
       "snapshot.all is neither true nor false"},
      {replaced(all[2], "tokenMore",
                R"({"_typeBits":{"$binary":{"base64":"ggA=","subType":"00"}}})", "[1]"),
       "tokenMore is not an object"}};
  for (const char* value : {"null", "7", "[]", "{}", "true"}) {
    wrongs.push_back(
        {replaced(all[0], "pipeline", R"("0123456789abcdef")", value), "pipeline is not a text"});
  }
  for (const char* value : {"null", "1", "{}", "[1]", "[1,2,3]", "[-1,2]", "[1.0,2]", "[\"1\",2]",
                            "[1,4294967296]", "[1,true]"}) {
    wrongs.push_back({replaced(all[0], "time", "[1795431392,18]", value),
                      "time is not two whole numbers of 32 bits"});
  }
  for (const Wrong& wrong : wrongs) {
    const auto read = decode({wrong.text});
    ASSERT_FALSE(read) << wrong.text;
    EXPECT_EQ(read.error().name, "source.bad_position");
    EXPECT_TRUE(read.error().message.ends_with(wrong.why)) << read.error().message;
  }
}

TEST(MongoPosition, AVersionOfAnotherTypeIsRefused) {
  for (const char* version :
       {"null", "true", "1.0", "\"1\"", "-1", "18446744073709551616", "[1]"}) {
    EXPECT_FALSE(decode({replaced(samples()[0], "v", "1", version)})) << version;
  }
}

}  // namespace
}  // namespace headwater::mongodb
