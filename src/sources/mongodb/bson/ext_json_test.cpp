#include "src/sources/mongodb/bson/ext_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "src/json/json.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/bson/exact_key.h"
#include "src/sources/mongodb/bson/random_document.h"

namespace headwater::mongodb {
namespace {

std::string written(const Doc& doc, ExtendedJson form) {
  std::string text;
  EXPECT_TRUE(append_document(text, *doc.get(), form));
  return text;
}

/// libbson writes a double with twenty digits, which are more than it has; so it is read.
Json with_doubles_read(const Json& tree) {
  if (const auto digits = tree["$numberDouble"].text()) {
    return static_cast<double>(std::stold(std::string(*digits)));
  }
  if (!tree.is_array() && !tree.is_object()) return tree;
  Json read = tree.is_array() ? Json::array() : Json::object();
  for (const Json& element : tree.elements()) read.push_back(with_doubles_read(element));
  for (const auto& [name, value] : tree.members()) read.set(name, with_doubles_read(value));
  return read;
}

/// By libbson, as a tree.
std::optional<Json> reference(const Doc& doc, ExtendedJson form) {
  char* text = form == ExtendedJson::relaxed ? bson_as_relaxed_extended_json(doc.get(), nullptr)
                                             : bson_as_canonical_extended_json(doc.get(), nullptr);
  auto tree = Json::parse(text);
  bson_free(text);
  return tree;
}

TEST(ExtendedJson, SaysWhatLibbsonSays) {
  RandomDocument random(4711);
  for (int i = 0; i < 3'000; ++i) {
    const Doc doc = random.document();
    for (const auto form : {ExtendedJson::relaxed, ExtendedJson::canonical}) {
      const std::string text = written(doc, form);
      const auto own = Json::parse(text);
      const auto libbsons = reference(doc, form);
      ASSERT_TRUE(own && libbsons) << text;
      ASSERT_EQ(with_doubles_read(*own), with_doubles_read(*libbsons)) << text;
    }
  }
}

TEST(ExtendedJson, TheCanonicalFormLosesNothing) {
  RandomDocument random(11);
  for (int i = 0; i < 3'000; ++i) {
    const Doc doc = random.document();
    const std::string text = written(doc, ExtendedJson::canonical);
    const auto back = Doc::from_json(text);
    ASSERT_TRUE(back) << text;
    ASSERT_TRUE(back->bytes() == doc.bytes()) << text << "\n"
                                              << written(*back, ExtendedJson::canonical);
  }
}

struct Sample {
  const char* canonical;
  const char* relaxed;
};

TEST(ExtendedJson, IsWrittenByTheLetter) {
  // What docs/mongodb.md shows.
  for (const Sample& sample : {
           Sample{R"({"a":{"$numberInt":"5"}})", R"({"a":5})"},
           Sample{R"({"a":{"$numberLong":"9007199254740993"}})", R"({"a":9007199254740993})"},
           Sample{R"({"a":{"$numberDouble":"1.0"}})", R"({"a":1.0})"},
           Sample{R"({"a":{"$numberDouble":"-0.0"}})", R"({"a":-0.0})"},
           Sample{R"({"a":{"$numberDouble":"Infinity"}})", R"({"a":{"$numberDouble":"Infinity"}})"},
           Sample{R"({"a":{"$date":{"$numberLong":"1659039316148"}}})",
                  R"({"a":{"$date":"2022-07-28T20:15:16.148Z"}})"},
           Sample{R"({"a":{"$date":{"$numberLong":"-1"}}})",
                  R"({"a":{"$date":{"$numberLong":"-1"}}})"},
           Sample{R"({"a":{"$date":{"$numberLong":"253402300800000"}}})",
                  R"({"a":{"$date":{"$numberLong":"253402300800000"}}})"},
           Sample{R"({"a":{"$date":{"$numberLong":"1000"}}})",
                  R"({"a":{"$date":"1970-01-01T00:00:01Z"}})"},
           Sample{R"({"a":{"$numberDecimal":"1.10"}})", R"({"a":{"$numberDecimal":"1.10"}})"},
           Sample{R"({"a":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})",
                  R"({"a":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})"},
           Sample{R"({"a":{"$binary":{"base64":"AQID","subType":"80"}}})",
                  R"({"a":{"$binary":{"base64":"AQID","subType":"80"}}})"},
           Sample{R"({"a":[true,null,{"b":"\u0001\"\\"}]})",
                  R"({"a":[true,null,{"b":"\u0001\"\\"}]})"},
           Sample{R"({})", R"({})"},
       }) {
    const auto doc = Doc::from_json(sample.canonical);
    ASSERT_TRUE(doc) << sample.canonical;
    EXPECT_EQ(written(*doc, ExtendedJson::canonical), sample.canonical);
    EXPECT_EQ(written(*doc, ExtendedJson::relaxed), sample.relaxed);
  }
}

TEST(ExtendedJson, NotANumberAndTextThatIsNoText) {
  Doc doc;
  doc.add("n", std::numeric_limits<double>::quiet_NaN());
  doc.add("t", std::string_view("\xff\xfe", 2));
  EXPECT_EQ(written(doc, ExtendedJson::relaxed),
            R"({"n":{"$numberDouble":"NaN"},"t":{"$text":"//4="}})");
}

TEST(ExtendedJson, KeepsOrderAndNamesThatComeTwice) {
  Doc doc;
  doc.add("b", 1).add("a", 2).add("b", 3).add("", 4);
  EXPECT_EQ(written(doc, ExtendedJson::relaxed), R"({"b":1,"a":2,"b":3,"":4})");
}

TEST(ExtendedJson, AsDeepAsAServerAllows) {
  Doc doc;
  for (int depth = 0; depth < 200; ++depth) {
    Doc outer;
    outer.add("d", doc);
    doc = std::move(outer);
  }
  const std::string text = written(doc, ExtendedJson::relaxed);
  EXPECT_EQ(text.size(), 200U * 6 + 2);
  for (int depth = 0; depth < 200; ++depth) {
    Doc outer;
    outer.add("d", doc);
    doc = std::move(outer);
  }
  std::string too_deep;
  EXPECT_FALSE(append_document(too_deep, *doc.get(), ExtendedJson::relaxed));
}

TEST(ExtendedJson, BytesThatAreNoDocumentAreRefused) {
  Doc doc;
  doc.add("a", "text").add("b", 5);
  std::string bytes(doc.bytes());
  for (std::size_t at = 4; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = '\x7e';
    bson_t view;
    if (!bson_init_static(&view, reinterpret_cast<const std::uint8_t*>(broken.data()),
                          broken.size())) {
      continue;
    }
    std::string text;
    if (!append_document(text, view, ExtendedJson::relaxed)) continue;
    // Taken for another document, perhaps; but always for one.
    EXPECT_TRUE(Json::parse(text)) << at << ": " << text;
  }
}

std::string key(const char* json) {
  const auto doc = Doc::from_json(json);
  EXPECT_TRUE(doc) << json;
  std::string text;
  append_key(text, *find(doc->get(), "a"));
  return text;
}

TEST(Key, IsThePlainWordAndSaysWhatIsText) {
  EXPECT_EQ(key(R"({"a":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"}})"), "62e2ef0d1c9a9a3d1c1c1c1c");
  EXPECT_EQ(key(R"({"a":{"$uuid":"c2f38d8f-05f7-4825-a0cd-678e835fe343"}})"),
            "c2f38d8f-05f7-4825-a0cd-678e835fe343");
  EXPECT_EQ(key(R"({"a":"a/b c"})"), "'a%2Fb%20c");
  EXPECT_EQ(key(R"({"a":"-5"})"), "'-5");
  EXPECT_EQ(key(R"({"a":""})"), "'");
  EXPECT_EQ(key(R"({"a":-5})"), "-5");
  EXPECT_EQ(key(R"({"a":{"$numberLong":"9007199254740993"}})"), "9007199254740993");
  EXPECT_EQ(key(R"({"a":{"b":1}})"), "%7B%22b%22%3A1%7D");
}

}  // namespace
}  // namespace headwater::mongodb
