#include "src/sources/mongodb/bson/order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/bson/random_document.h"

namespace headwater::mongodb {
namespace {

bson_value_t value_of(const Doc& doc) {
  bson_iter_t at = *find(doc.get(), "v");
  return *bson_iter_value(&at);
}

Doc doc_of(const std::string& value) {
  auto doc = Doc::from_json("{\"v\":" + value + "}");
  EXPECT_TRUE(doc) << value;
  return doc ? std::move(*doc) : Doc();
}

std::weak_ordering compare(const std::string& a, const std::string& b) {
  const Doc left = doc_of(a);
  const Doc right = doc_of(b);
  return mongodb::compare(value_of(left), value_of(right));
}

TEST(Order, AsAServerSortsThem) {
  // https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/; within the types as
  // the server's own comparison has it.
  const std::vector<std::string> ascending{
      R"({"$minKey":1})", "null", R"({"$numberDouble":"NaN"})", R"({"$numberDouble":"-Infinity"})",
      "-5", "-1.5", R"({"$numberDecimal":"-1.4999999999999999999999999999"})", "0",
      R"({"$numberDouble":"5e-324"})", "0.1",
      // The double 0.1 is a little more than a tenth, and less than this:
      R"({"$numberDecimal":"0.1000000000000000055511151231257828"})", "1",
      R"({"$numberDecimal":"1.0000000000000000000000000000001"})",
      R"({"$numberDouble":"9007199254740992"})", R"({"$numberLong":"9007199254740993"})",
      R"({"$numberLong":"9223372036854775807"})", R"({"$numberDouble":"9223372036854775808"})",
      R"({"$numberDecimal":"9223372036854775809"})", R"({"$numberDouble":"1e300"})",
      R"({"$numberDecimal":"1E+400"})", R"({"$numberDouble":"Infinity"})", R"("")", R"("A")",
      R"("a")", R"("aa")", R"("b")", R"("ö")", "{}", R"({"a":1})", R"({"a":1,"b":1})", R"({"a":2})",
      R"({"b":1})", R"({"a":"text"})", "[]", "[1]", R"({"$binary":{"base64":"","subType":"00"}})",
      R"({"$binary":{"base64":"AQ==","subType":"00"}})",
      R"({"$binary":{"base64":"/w==","subType":"00"}})",
      R"({"$binary":{"base64":"AQ==","subType":"80"}})",
      R"({"$binary":{"base64":"AQAA","subType":"00"}})", R"({"$oid":"000000000000000000000001"})",
      R"({"$oid":"ff0000000000000000000000"})", "false", "true",
      R"({"$date":{"$numberLong":"-1"}})", R"({"$date":{"$numberLong":"1"}})",
      R"({"$timestamp":{"t":1,"i":2}})", R"({"$timestamp":{"t":4000000000,"i":1}})",
      R"({"$regularExpression":{"pattern":"a","options":""}})", R"({"$maxKey":1})"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(compare(ascending[i], ascending[j]), i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Order, OneNumberInSeveralTypes) {
  const std::vector<std::string> one{"1", R"({"$numberLong":"1"})", "1.0",
                                     R"({"$numberDecimal":"1"})", R"({"$numberDecimal":"1.00"})"};
  const std::vector<std::string> zero{"0", R"({"$numberDouble":"-0.0"})",
                                      R"({"$numberDecimal":"-0"})", R"({"$numberDecimal":"0E+3"})"};
  for (const auto& same : {one, zero}) {
    for (const auto& a : same) {
      for (const auto& b : same) {
        EXPECT_EQ(compare(a, b), std::weak_ordering::equivalent) << a << " and " << b;
      }
    }
  }
}

TEST(Order, IsOne) {
  RandomDocument random(17);
  std::vector<Doc> docs;
  for (int i = 0; i < 120; ++i) {
    Doc doc;
    random.add(doc, "v", 2);
    docs.push_back(std::move(doc));
  }
  const auto less_or_same = [&](std::size_t a, std::size_t b) {
    return mongodb::compare(value_of(docs[a]), value_of(docs[b])) <= 0;
  };
  for (std::size_t a = 0; a < docs.size(); ++a) {
    for (std::size_t b = 0; b < docs.size(); ++b) {
      ASSERT_TRUE(less_or_same(a, b) || less_or_same(b, a));
      for (std::size_t c = 0; c < docs.size(); ++c) {
        if (less_or_same(a, b) && less_or_same(b, c)) {
          ASSERT_TRUE(less_or_same(a, c)) << a << " " << b << " " << c;
        }
      }
    }
  }
}

}  // namespace
}  // namespace headwater::mongodb
