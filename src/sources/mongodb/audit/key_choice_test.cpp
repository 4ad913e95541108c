#include "src/sources/mongodb/audit/key_choice.h"

#include <gtest/gtest.h>

namespace headwater::mongodb {
namespace {

bool by_key(const char* stage) {
  std::vector<Doc> pipeline;
  pipeline.push_back(*Doc::from_json(stage));
  return chooses_by_key(pipeline);
}

TEST(KeyChoice, OnlyWhatNeverChangesForADocument) {
  EXPECT_TRUE(chooses_by_key({}));
  for (const char* stage :
       {R"({"$match":{"documentKey._id":{"$gte":5}}})",
        R"({"$match":{"ns.coll":{"$in":["a","b"]}}})",
        R"({"$match":{"$or":[{"documentKey._id":1},{"ns":{"db":"a","coll":"b"}}],"$comment":"x"}})",
        R"({"$match":{"$expr":{"$eq":[{"$mod":["$documentKey._id",2]},0]}}})"}) {
    EXPECT_TRUE(by_key(stage)) << stage;
  }
  for (const char* stage :
       {R"({"$match":{"fullDocument.region":"EU"}})", R"({"$match":{"operationType":"insert"}})",
        R"({"$match":{"documentKey.shard":5}})", R"({"$project":{"ns":0}})",
        R"({"$match":{"$or":[{"documentKey._id":1},{"fullDocument.a":1}]}})",
        R"({"$match":{"$expr":{"$eq":["$fullDocument.a",1]}}})",
        R"({"$match":{"$expr":{"$eq":["$$ROOT.fullDocument.a",1]}}})",
        R"({"$match":{"documentKey._id":1,"updateDescription.updatedFields.a":1}})"}) {
    EXPECT_FALSE(by_key(stage)) << stage;
  }
}

}  // namespace
}  // namespace headwater::mongodb
