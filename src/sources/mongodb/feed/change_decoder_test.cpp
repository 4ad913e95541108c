#include "src/sources/mongodb/feed/change_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "src/event/data_json.h"
#include "src/sources/mongodb/feed/change_stream.h"

namespace headwater::mongodb {
namespace {

const Watch orders{.database = "shop", .collection = "orders"};

Doc event(const std::string& json) {
  auto doc = Doc::from_json(json);
  EXPECT_TRUE(doc) << json;
  return doc ? std::move(*doc) : Doc();
}

DecodedChange decoded(const std::string& json, ExtendedJson form = ExtendedJson::relaxed,
                      const Watch& watch = orders) {
  const Doc document = event(json);
  auto result = ChangeDecoder(watch, form).decode(*document.get());
  EXPECT_TRUE(result) << result.error().message;
  return result ? std::move(*result) : DecodedChange();
}

// As a 6.0 server sends them: field order and names of its documentation, "Change Events".
const std::string insert = R"({"_id":{"_data":"8262E2"},"operationType":"insert",
  "clusterTime":{"$timestamp":{"t":1659039316,"i":2}},"wallTime":{"$date":"2022-07-28T20:15:16.148Z"},
  "fullDocument":{"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"cents":{"$numberLong":"500"},"paid":false},
  "ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}}})";

TEST(ChangeDecoder, AnInsert) {
  const auto change = decoded(insert);
  EXPECT_EQ(change.change.op, Op::insert);
  EXPECT_EQ(change.change.id, "8262E2");
  EXPECT_EQ(change.token.data, "8262E2");
  EXPECT_EQ(change.change.database, "shop");
  EXPECT_EQ(change.change.table, "orders");
  EXPECT_EQ(std::get<Document>(*change.change.key).exact_key, "62e2ef0d1c9a9a3d1c1c1c1c");
  EXPECT_EQ(change.time, (ClusterTime{1659039316, 2}));
  EXPECT_EQ(change.change.time.time_since_epoch().count(), 1659039316148);
  EXPECT_TRUE(change.of_a_document);
  EXPECT_EQ(data_json(change.change),
            R"({"op":"insert","key":{"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}},"before":null,)"
            R"("after":{"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"cents":500,"paid":false}})");
}

TEST(ChangeDecoder, APartOfAnEventIsNotRead) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"splitEvent":{"fragment":2,"of":2},
    "fullDocument":{"_id":5}})");
  EXPECT_TRUE(change.part);
  EXPECT_EQ(json_of(change.change.after), "");
}

TEST(ChangeDecoder, TheOnlyPartIsAWholeEvent) {
  std::string only = insert;
  only.insert(only.size() - 1, R"(,"splitEvent":{"fragment":1,"of":1})");
  const auto change = decoded(only);
  EXPECT_FALSE(change.part);
  EXPECT_EQ(data_json(change.change), data_json(decoded(insert).change));
}

TEST(ChangeDecoder, CanonicalKeepsEveryType) {
  const auto change = decoded(insert, ExtendedJson::canonical);
  EXPECT_EQ(
      json_of(change.change.after),
      R"({"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"cents":{"$numberLong":"500"},"paid":false})");
}

TEST(ChangeDecoder, AnUpdateOfAnOlderServerHasNoWallTime) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"update",
    "clusterTime":{"$timestamp":{"t":1659039316,"i":7}},"ns":{"db":"shop","coll":"orders"},
    "documentKey":{"_id":5},"updateDescription":{"updatedFields":{"items.1.n":3},"removedFields":["x"],
    "truncatedArrays":[{"field":"tags","newSize":2}]}})");
  EXPECT_EQ(change.change.op, Op::update);
  EXPECT_EQ(change.change.time.time_since_epoch().count(), 1659039316000);
  EXPECT_EQ(data_json(change.change),
            R"({"op":"update","key":{"_id":5},"before":null,"after":null,"detail":)"
            R"({"updateDescription":{"updatedFields":{"items.1.n":3},"removedFields":["x"],)"
            R"("truncatedArrays":[{"field":"tags","newSize":2}]}}})");
}

TEST(ChangeDecoder, ImagesBeforeAndAfter) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"replace",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"fullDocument":{"_id":5,"v":2},
    "ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":5},
    "fullDocumentBeforeChange":{"_id":5,"v":1}})");
  EXPECT_EQ(change.change.op, Op::replace);
  EXPECT_EQ(json_of(change.change.before), R"({"_id":5,"v":1})");
  EXPECT_EQ(json_of(change.change.after), R"({"_id":5,"v":2})");
}

TEST(ChangeDecoder, ALookupThatFoundNothingIsNoDocument) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"update",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"fullDocument":null,
    "ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":5}})");
  EXPECT_FALSE(change.change.after);
}

// The server's own, of one client's session: their number is always 0.
TEST(ChangeDecoder, InternalTransactionsOfOneSessionAreNotTheSame) {
  const auto transaction = [](const std::string& uuid) {
    return decoded(R"({"_id":{"_data":"82AB"},"operationType":"delete",
      "clusterTime":{"$timestamp":{"t":1,"i":7}},"ns":{"db":"shop","coll":"orders"},
      "documentKey":{"_id":1},"txnNumber":{"$numberLong":"0"},"lsid":{
        "id":{"$uuid":"c0ffee00-0000-4000-8000-000000000001"},
        "uid":{"$binary":{"base64":"AAAA","subType":"00"}},"txnNumber":{"$numberLong":"7"},
        "txnUUID":{"$uuid":"c0ffee00-0000-4000-8000-)" +
                   uuid + R"("}}})")
        .change.transaction->id;
  };
  EXPECT_EQ(transaction("00000000000a"),
            "c0ffee00-0000-4000-8000-000000000001/7/c0ffee00-0000-4000-8000-00000000000a:0");
  EXPECT_NE(transaction("00000000000a"), transaction("00000000000b"));
}

TEST(ChangeDecoder, AChangeOfATransactionNamesIt) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"delete",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"ns":{"db":"shop","coll":"orders"},
    "documentKey":{"region":"EU","_id":"a/b"},"txnNumber":{"$numberLong":"9"},
    "lsid":{"id":{"$uuid":"c2f38d8f-05f7-4825-a0cd-678e835fe343"},"uid":{"$binary":{"base64":"AA==","subType":"00"}}}})");
  ASSERT_TRUE(change.change.transaction);
  EXPECT_EQ(change.change.transaction->id, "c2f38d8f-05f7-4825-a0cd-678e835fe343:9");
  EXPECT_EQ(std::get<Document>(*change.change.key).exact_key, "'EU/'a%2Fb");
  EXPECT_EQ(json_of(change.change.key), R"({"region":"EU","_id":"a/b"})");
}

TEST(ChangeDecoder, ARetryableWriteIsNoTransaction) {
  // Only both together are one's.
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"delete",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"ns":{"db":"shop","coll":"orders"},
    "documentKey":{"_id":1},"txnNumber":{"$numberLong":"9"}})");
  EXPECT_FALSE(change.change.transaction);
}

TEST(ChangeDecoder, ARename) {
  const auto change = decoded(R"({"to":{"db":"shop","coll":"old_orders"},"_id":{"_data":"82AB"},
    "operationType":"rename","clusterTime":{"$timestamp":{"t":1,"i":7}},
    "ns":{"db":"shop","coll":"orders"}})");
  EXPECT_EQ(change.change.op, Op::rename);
  EXPECT_EQ(change.change.renamed_to, "old_orders");
  EXPECT_FALSE(change.of_a_document);
  EXPECT_FALSE(change.change.key);
}

TEST(ChangeDecoder, AWholeDatabaseHasNoTable) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"dropDatabase",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"ns":{"db":"shop"}})");
  EXPECT_EQ(change.change.op, Op::drop_database);
  EXPECT_EQ(change.change.table, "");
}

TEST(ChangeDecoder, AnInvalidateIsOfWhatIsWatched) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"invalidate",
    "clusterTime":{"$timestamp":{"t":1,"i":7}}})");
  EXPECT_EQ(change.change.op, Op::invalidate);
  EXPECT_EQ(change.change.database, "shop");
  EXPECT_EQ(change.change.table, "orders");
}

TEST(ChangeDecoder, WhatANewerServerSaysIsKept) {
  const auto change = decoded(R"({"_id":{"_data":"82AB"},"operationType":"createIndexes",
    "clusterTime":{"$timestamp":{"t":1,"i":7}},"ns":{"db":"shop","coll":"orders"},
    "operationDescription":{"indexes":[{"v":2,"name":"a_1"}]},"yet":{"unknown":true}})");
  EXPECT_EQ(change.change.op, Op::other);
  EXPECT_EQ(
      data_json(change.change),
      R"({"op":"createIndexes","key":null,"before":null,"after":null,"detail":)"
      R"({"operationDescription":{"indexes":[{"v":2,"name":"a_1"}]},"yet":{"unknown":true}}})");
}

TEST(ChangeDecoder, WhatIsNoEventIsSaid) {
  const Doc document = event(R"({"operationType":"insert"})");
  const auto result = ChangeDecoder(orders, ExtendedJson::relaxed).decode(*document.get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, "source.bad_event");
}

TEST(ChangeDecoder, ADocumentOfASnapshotIsNamedByTimeCollectionAndExactKey) {
  const ChangeDecoder decoder(orders, ExtendedJson::relaxed);
  const CollectionName name{"shop", "orders"};
  const auto number = decoder.read(name, *event(R"({"_id":1,"v":2})").get(), {10, 3});
  const auto text = decoder.read(name, *event(R"({"_id":"1","v":2})").get(), {10, 3});
  ASSERT_TRUE(number && text);
  EXPECT_EQ(number->op, Op::read);
  EXPECT_EQ(json_of(number->after), R"({"_id":1,"v":2})");
  EXPECT_EQ(json_of(number->key), R"({"_id":1})");
  EXPECT_EQ(number->id.rfind("snapshot:10.3:shop.orders:", 0), 0U);
  EXPECT_NE(number->id, text->id);
}

TEST(ResumeToken, IsGivenBackWhole) {
  const auto batch = event(
      R"({"token":{"_data":"826B","_typeBits":{"$binary":{"base64":"ggA=","subType":"00"}}}})");
  const ResumeToken token = token_in(batch.get(), "token");
  EXPECT_EQ(token.data, "826B");
  const Doc again = document_of(token);
  const auto sent = find_document(batch.get(), "token");
  EXPECT_TRUE(bson_equal(again.get(), sent->get()));
  EXPECT_TRUE(token_in(batch.get(), "none").empty());
}

TEST(ResumeToken, BeginsWithItsTime) {
  // A token of a 4.4 server.
  EXPECT_EQ(time_in("826A1B2C3D00000005229295A1004"), (ClusterTime{0x6A1B2C3D, 5}));
  EXPECT_FALSE(time_in("3b0000001073000300000011740009000000e01b046b"));
  EXPECT_FALSE(time_in("82"));
  EXPECT_FALSE(time_in("826A1B2C3X00000005229295A1004"));
}

}  // namespace
}  // namespace headwater::mongodb
