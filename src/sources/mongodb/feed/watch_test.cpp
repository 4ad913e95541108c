#include "src/sources/mongodb/feed/watch.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::mongodb {
namespace {

std::vector<Doc> stages(const std::vector<std::string>& all) {
  std::vector<Doc> result;
  for (const std::string& json : all) {
    auto stage = Doc::from_json(json);
    EXPECT_TRUE(stage) << json;
    if (stage) result.push_back(std::move(*stage));
  }
  return result;
}

/// What is wrong with the pipeline; empty if it is fine.
std::string objection(const std::vector<std::string>& all) {
  auto checked = checked_pipeline(stages(all));
  if (checked) return "";
  EXPECT_EQ(checked.error().name, "config.bad_pipeline");
  return checked.error().message;
}

TEST(Watch, IsACollectionADatabaseOrAll) {
  EXPECT_EQ(*parse_watch("shop.orders"), (Watch{"shop", "orders"}));
  EXPECT_EQ(*parse_watch("shop.orders.old"), (Watch{"shop", "orders.old"}));
  EXPECT_EQ(*parse_watch("shop"), (Watch{"shop", ""}));
  EXPECT_TRUE(parse_watch("*")->deployment());
  for (const char* words : {"shop.orders", "shop.orders.old", "shop", "*"}) {
    EXPECT_EQ(parse_watch(words)->words(), words);
  }
}

TEST(Watch, OtherWordsAreRefused) {
  for (const char* words :
       {"", ".", "shop.", ".orders", "*.orders", "a b.c", "admin", "local.oplog", "config.x",
        "shop.system.views", "sh$op", "shop.headwater_standby"}) {
    const auto watch = parse_watch(words);
    ASSERT_FALSE(watch) << words;
    EXPECT_FALSE(watch.error().next.empty());
  }
}

TEST(Watch, CoversNothingInternal) {
  for (const Watch& watch : {Watch{}, Watch{"shop", ""}, Watch{"shop", "orders"}}) {
    EXPECT_TRUE(watch.covers("shop", "orders"));
    EXPECT_FALSE(watch.covers("shop", "headwater_standby"));
    EXPECT_FALSE(watch.covers("shop", "system.views"));
  }
}

TEST(Fingerprint, TellsEverythingApartThatChoosesChanges) {
  const Watch orders{"shop", "orders"};
  const std::string plain = fingerprint(orders, {});
  EXPECT_EQ(plain.size(), 16U);
  EXPECT_EQ(plain, fingerprint(orders, {}));
  EXPECT_NE(plain, fingerprint({"shop", ""}, {}));
  const auto with = fingerprint(orders, stages({R"({"$match":{"a":1}})"}));
  EXPECT_NE(plain, with);
  EXPECT_NE(with, fingerprint(orders, stages({R"({"$match":{"a":{"$numberLong":"1"}}})"})));
  EXPECT_NE(with, fingerprint(orders, stages({R"({"$match":{"a":1}})", R"({"$match":{}})"})));
}

TEST(Fingerprint, IsStoredInPositionsForEver) {
  EXPECT_EQ(fingerprint({"shop", "orders"}, {}), "81b2c394fa668a8a");
  EXPECT_EQ(fingerprint({"shop", ""}, stages({R"({"$match":{"fullDocument.region":"EU"}})"})),
            "dc4a3910e9036bfa");
}

TEST(Pipeline, WhatLeavesTheImportantFieldsAloneIsFine) {
  EXPECT_EQ(objection({}), "");
  EXPECT_EQ(objection({R"({"$match":{"fullDocument.region":"EU"}})"}), "");
  EXPECT_EQ(objection({R"({"$match":{"_id":{"$exists":true}}})"}), "");
  EXPECT_EQ(objection({R"({"$project":{"fullDocument.password":0,"updateDescription":0}})"}), "");
  EXPECT_EQ(objection({R"({"$project":{"fullDocument":{"card":{"number":0},"pin":false}}})"}), "");
  EXPECT_EQ(objection({R"({"$project":{"_id":1,"fullDocument.pin":0}})"}), "");
  EXPECT_EQ(objection({R"({"$project":{"fullDocument.pin":false}})"}), "");
  EXPECT_EQ(objection({R"({"$project":{"operationType":1,"clusterTime":1,"ns":1,"documentKey":1,
                       "lsid":1,"txnNumber":1,"to":1}})"}),
            "");
  EXPECT_EQ(objection({R"({"$project":{"_id":1,"operationType":1,"clusterTime":1,"ns":1,
                       "documentKey":1,"lsid":1,"txnNumber":1,"to":true,"fullDocument.name":1}})"}),
            "");
  EXPECT_EQ(objection({R"({"$set":{"fullDocument.region":"EU"}})",
                       R"({"$unset":["fullDocument.a","b"]})", R"({"$addFields":{"x":"$y"}})"}),
            "");
}

TEST(Pipeline, WhatTouchesThemIsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"({"$project":{"_id":0}})", "_id"},
      {R"({"$project":{"_id":false,"fullDocument":1}})", "_id"},
      {R"({"$project":{"_id._data":0}})", "_id._data"},
      {R"({"$project":{"ns.db":0}})", "ns.db"},
      {R"({"$project":{"_id":"$documentKey"}})", "_id"},
      {R"({"$project":{"_id":1}})", "operationType"},
      {R"({"$project":{"ns":{"db":0}}})", "ns.db"},
      {R"({"$project":{"documentKey":{"_id":1}}})", "documentKey._id"},
      {R"({"$project":{"fullDocument":{"region":1}}})", "operationType"},
      {R"({"$project":{"ns":{"$literal":1}}})", "'ns'"},
      {R"({"$project":{"fullDocument":1}})", "operationType"},
      {R"({"$project":{"fullDocument":1}})", "to, lsid, txnNumber"},
      {R"({"$project":{"zero":{"$literal":0}}})", "operationType"},
      {R"({"$project":{"_id":1,"operationType":1,"ns":1,"documentKey":1}})", "clusterTime"},
      {R"({"$set":{"_id.x":1}})", "_id.x"},
      {R"({"$addFields":{"documentKey":{}}})", "documentKey"},
      {R"({"$unset":"clusterTime"})", "clusterTime"},
      {R"({"$unset":["a","lsid.id"]})", "lsid.id"},
      {R"({"$set":{"splitEvent":{"of":2}}})", "splitEvent"},
      {R"({"$replaceRoot":{"newRoot":"$fullDocument"}})", "$project"},
      {R"({"$replaceWith":"$fullDocument"})", "$project"},
      {R"({"$redact":"$$KEEP"})", "$project"},
      {R"({"$changeStream":{}})", "Headwater"},
      {R"({"$group":{"_id":1}})", "$match"},
      {R"({"$match":{},"$project":{}})", "one key"},
      {R"({})", "one key"}};
  for (const auto& [stage, word] : wrong) {
    const std::string said = objection({R"({"$match":{}})", stage});
    EXPECT_NE(said.find("stage 2"), std::string::npos) << stage << ": " << said;
    EXPECT_NE(said.find(word), std::string::npos) << stage << ": " << said;
  }
}

}  // namespace
}  // namespace headwater::mongodb
