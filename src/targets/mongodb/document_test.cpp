#include "src/targets/mongodb/document.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "src/sources/mongodb/bson/ext_json.h"

namespace headwater::target_mongodb {
namespace {

TableRow row_of(std::vector<std::string> names, std::vector<Value> values) {
  return {.columns = std::make_shared<const std::vector<std::string>>(std::move(names)),
          .values = std::move(values)};
}

std::string json(const std::optional<Doc>& document) {
  std::string text;
  if (!document ||
      !mongodb::append_document(text, *document->get(), mongodb::ExtendedJson::canonical)) {
    return "none";
  }
  return text;
}

TEST(MongoDocument, ARowIsADocumentWithTheKeyAsItsId) {
  const RowOperation put{
      .key = row_of({"b", "a"}, {Text{"x"}, std::int64_t{1}}),
      .row = row_of({"a", "b", "f", "n", "d", "l", "t", "z", "e"},
                    {std::int64_t{1}, Text{"x"}, true, std::numeric_limits<std::uint64_t>::max(),
                     Decimal{"12.50"}, Decimal{std::string(40, '9')}, Text{"\xff"},
                     Blob{std::string("\0", 1)}, Value()})};
  EXPECT_EQ(json(id_of(put)), R"({"_id":{"a":{"$numberLong":"1"},"b":"x"}})");
  EXPECT_EQ(
      json(document_of(put)),
      R"({"_id":{"a":{"$numberLong":"1"},"b":"x"},"a":{"$numberLong":"1"},"b":"x","f":true,)"
      R"("n":{"$numberDecimal":"18446744073709551615"},"d":{"$numberDecimal":"12.50"},"l":")" +
          std::string(40, '9') +
          R"(","t":{"$binary":{"base64":"/w==","subType":"80"}},)"
          R"("z":{"$binary":{"base64":"AA==","subType":"00"}},"e":null})");
}

TEST(MongoDocument, ADocumentIsRestoredExactly) {
  const std::string document =
      R"({"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"i":{"$numberInt":"5"},)"
      R"("l":{"$numberLong":"5"},"d":{"$numberDouble":"-0.0"},"n":{"$numberDecimal":"1.10"},)"
      R"("t":{"$date":{"$numberLong":"1659039316148"}},)"
      R"("u":{"$binary":{"base64":"AP4=","subType":"04"}},"a":[{"b":null}]})";
  const RowOperation put{
      .key = Document{.json = R"({"region":"EU","_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})"},
      .row = Document{.json = document}};
  EXPECT_EQ(json(id_of(put)), R"({"_id":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})");
  EXPECT_EQ(json(document_of(put)), document);
  EXPECT_FALSE(partial_of(put));
}

TEST(MongoDocument, UnchangedValuesAreLeftOut) {
  const RowOperation put{.key = row_of({"id"}, {std::int64_t{1}}),
                         .row = row_of({"id", "long"}, {std::int64_t{1}, Unchanged{}})};
  EXPECT_EQ(json(partial_of(put)), R"({"$set":{"id":{"$numberLong":"1"}}})");
}

}  // namespace
}  // namespace headwater::target_mongodb
