#include "src/sources/mongodb/from_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "src/config/config.h"
#include "src/config/section.h"
#include "src/config/testing.h"
#include "src/sources/mongodb/adapter.h"
#include "src/sources/mongodb/feed/position.h"

namespace headwater::mongodb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<std::vector<SourceOptions>> read(const std::string& yaml,
                                        std::map<std::string, std::string> variables = {}) {
  return read_options(config::section_of(yaml, std::move(variables)));
}

/// What is wrong with it; empty if it is fine.
std::string complaint(const std::string& yaml, std::map<std::string, std::string> variables = {}) {
  const auto options = read(yaml, std::move(variables));
  if (options) return "";
  EXPECT_EQ(options.error().origin, Origin::usage);
  return options.error().message;
}

std::string with(const std::string& more) {
  return "uri: mongodb://localhost\nwatch: shop.orders\n" + more;
}

/// The pipeline's stages in canonical Extended JSON, as libbson writes it, without blanks.
std::string pipeline_of(const std::string& yaml,
                        std::map<std::string, std::string> variables = {}) {
  const auto options = read(with(yaml), std::move(variables));
  if (!options) return options.error().message;
  std::string text;
  for (const Doc& stage : options->front().pipeline) {
    char* json = bson_as_canonical_extended_json(stage.get(), nullptr);
    for (const char* c = json; *c != '\0'; ++c) text += *c == ' ' ? "" : std::string(1, *c);
    bson_free(json);
  }
  return text;
}

TEST(MongoAdapter, PositionsOfOneDeploymentAreOrderedByTheirTimes) {
  using Order = std::partial_ordering;
  const SystemClock clock;
  const auto adapter = make_mongodb_source(SourceOptions{}, clock);
  const auto at = [](ClusterTime time, const char* token, const char* source = "us") {
    MongoPosition position;
    position.source = source;
    position.token.data = token;
    position.time = time;
    return encode(position);
  };
  // Whatever order the tokens seem to have.
  EXPECT_EQ(adapter->order(at({9, 2}, "BB"), at({9, 10}, "AA")), Order::less);
  EXPECT_EQ(adapter->order(at({10, 1}, "AA"), at({9, 10}, "BB")), Order::greater);
  EXPECT_EQ(adapter->order(at({9, 2}, "AA"), at({9, 2}, "AA")), Order::equivalent);
  // As inside a transaction.
  EXPECT_EQ(adapter->order(at({9, 2}, "AA"), at({9, 2}, "BB")), Order::unordered);
  EXPECT_EQ(adapter->order(at({9, 2}, "AA"), at({9, 3}, "AA", "others")), Order::unordered);
  EXPECT_EQ(adapter->order({}, at({9, 2}, "AA")), Order::unordered);
}

TEST(MongoOptions, HaveDefaultsThatLoseNothing) {
  const auto all = read(with(""));
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1U);
  const SourceOptions& options = all->front();
  EXPECT_EQ(options.uri, "mongodb://localhost");
  EXPECT_EQ(options.watch, (Watch{"shop", "orders"}));
  EXPECT_TRUE(options.pipeline.empty());
  EXPECT_EQ(options.full_document, FullDocument::as_reported);
  EXPECT_EQ(options.full_document_before_change, FullDocumentBefore::off);
  EXPECT_FALSE(options.policies.snapshot);
  EXPECT_EQ(options.policies.on_lost, OnLost::stop);
  EXPECT_EQ(options.policies.large.policy, OnLarge::stop);
  EXPECT_EQ(options.policies.large.most, std::uint64_t{100} << 20U);
  EXPECT_EQ(options.form, ExtendedJson::relaxed);
  EXPECT_EQ(options.identity, "");
}

TEST(MongoOptions, AreReadForEachNameUnderWatch) {
  const auto all = read(R"(
uri: mongodb://localhost
watch: [shop.orders, stock, '*']
pipeline: [{ $match: { fullDocument.region: EU } }]
full_document: whenAvailable
full_document_before_change: required
snapshot: initial
on_lost_position: skip
on_large_change: gap
max_change: 1MiB
extended_json: canonical
identity: mongodb:main
)");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].watch.words(), "shop.orders");
  EXPECT_EQ((*all)[1].watch.words(), "stock");
  EXPECT_EQ((*all)[2].watch.words(), "*");
  for (const SourceOptions& options : *all) {
    EXPECT_EQ(options.uri, "mongodb://localhost");
    EXPECT_EQ(options.pipeline.size(), 1U);
    EXPECT_EQ(options.full_document, FullDocument::when_available);
    EXPECT_EQ(options.full_document_before_change, FullDocumentBefore::required);
    EXPECT_TRUE(options.policies.snapshot);
    EXPECT_EQ(options.policies.on_lost, OnLost::skip);
    EXPECT_EQ(options.policies.large.policy, OnLarge::gap);
    EXPECT_EQ(options.policies.large.most, 1U << 20U);
    EXPECT_EQ(options.form, ExtendedJson::canonical);
    EXPECT_EQ(options.identity, "mongodb:main");
  }
}

TEST(MongoOptions, WhatSeesAnothersChangesHasASourceOfItsOwn) {
  const auto parts = [](const std::string& watch) {
    std::vector<std::string> result;
    const auto all = read("uri: mongodb://localhost\nwatch: " + watch + "\n");
    if (!all) return result;
    for (const SourceOptions& options : *all) result.push_back(options.part);
    return result;
  };
  using Parts = std::vector<std::string>;
  EXPECT_EQ(parts("'*'"), (Parts{""}));
  EXPECT_EQ(parts("[shop.orders, shop.customers, stock]"), (Parts{"", "", ""}));
  EXPECT_EQ(parts("[shop.orders, stock, '*']"), (Parts{"", "", "*"}));
  EXPECT_EQ(parts("[shop, shop.orders]"), (Parts{"shop", ""}));
  EXPECT_EQ(parts("['*', shop, shop.a.b]"), (Parts{"*", "shop", ""}));
}

TEST(MongoOptions, EveryWordOfAChoiceIsRead) {
  EXPECT_EQ(read(with("full_document: default"))->front().full_document, FullDocument::as_reported);
  EXPECT_EQ(read(with("full_document: updateLookup"))->front().full_document,
            FullDocument::update_lookup);
  EXPECT_EQ(read(with("full_document: required"))->front().full_document, FullDocument::required);
  EXPECT_EQ(
      read(with("full_document_before_change: whenAvailable"))->front().full_document_before_change,
      FullDocumentBefore::when_available);
  EXPECT_EQ(read(with("on_lost_position: snapshot"))->front().policies.on_lost, OnLost::snapshot);
  for (const char* wrong :
       {"full_document: lookup", "full_document_before_change: on", "snapshot: always",
        "on_lost_position: go", "on_large_change: skip", "extended_json: strict"}) {
    const std::string said = complaint(with(wrong));
    EXPECT_THAT(said, HasSubstr("shop.yaml:3")) << wrong;
    EXPECT_THAT(said, HasSubstr("cannot be")) << wrong;
  }
}

TEST(MongoOptions, MissingUnknownAndRepeatedIsRefused) {
  EXPECT_THAT(complaint("watch: shop"), HasSubstr("missing key 'uri'"));
  EXPECT_THAT(complaint("uri: mongodb://localhost"), HasSubstr("missing key 'watch'"));
  EXPECT_THAT(complaint(with("piepline: []")), HasSubstr("did you mean 'pipeline'"));
  EXPECT_THAT(complaint("{uri: 'mongodb://h', watch: [a.b, c, a.b]}"),
              HasSubstr("names 'a.b' twice"));
  EXPECT_THAT(complaint("{uri: 'mongodb://h', watch: [a.b, admin]}"), HasSubstr("watch"));
  EXPECT_THAT(complaint("{uri: 'mongodb://h', watch: []}"), HasSubstr("watch"));
}

TEST(MongoOptions, TakeConnectionStringsOfAllKinds) {
  for (const char* uri :
       {"mongodb://user:pw@one:27017,two:27018/?replicaSet=rs0&tls=true&tlsCAFile=/ca.pem",
        "mongodb+srv://user:pw@cluster.example.invalid/?authSource=admin",
        "mongodb://CN%3Drelay@host/?authMechanism=MONGODB-X509&tls=true"}) {
    EXPECT_EQ(complaint("watch: shop\nuri: '" + std::string(uri) + "'"), "") << uri;
  }
}

TEST(MongoOptions, SecretsAreNotInWhatIsSaid) {
  const std::map<std::string, std::string> secret{{"IT", "mongodb://user:s3cret@host:port/"}};
  for (const char* yaml :
       {"{uri: '${IT}', watch: shop}", "{uri: 'mongodb://h', watch: '${IT}'}",
        "{uri: 'mongodb://h', watch: shop, pipeline: [{$match: {a: {$oid: '${IT}'}}}]}",
        "{uri: 'mongodb://h', watch: shop, full_document: '${IT}'}",
        "{uri: 'mongodb://user:s3cret@host:port/', watch: shop}"}) {
    const auto options = read(yaml, secret);
    ASSERT_FALSE(options) << yaml;
    EXPECT_THAT(options.error().message + options.error().next, Not(HasSubstr("s3cret"))) << yaml;
  }
}

TEST(MongoOptions, StagesAreBson) {
  EXPECT_EQ(pipeline_of("pipeline: [{ $match: { fullDocument.region: EU } }]"),
            R"({"$match":{"fullDocument.region":"EU"}})");
  EXPECT_EQ(pipeline_of("pipeline:\n"
                        "  - $match:\n"
                        "      n: { $gt: 5 }\n"
                        "      big: 9007199254740993\n"
                        "      x: 1.5\n"
                        "      t: '5'\n"
                        "      ok: true\n"
                        "      none: null\n"),
            R"({"$match":{"n":{"$gt":{"$numberInt":"5"}},"big":{"$numberLong":"9007199254740993"},)"
            R"("x":{"$numberDouble":"1.5"},"t":"5","ok":true,"none":null}})");
}

TEST(MongoOptions, StagesMayHoldTypesThatYamlHasNot) {
  EXPECT_EQ(
      pipeline_of("pipeline: [{ $match: { a: { $gt: { $date: '2026-01-01T00:00:00Z' } },\n"
                  "    b: { $oid: 62e2ef0d1c9a9a3d1c1c1c1c }, c: { $numberDecimal: '1.5' } } }]"),
      R"({"$match":{"a":{"$gt":{"$date":{"$numberLong":"1767225600000"}}},)"
      R"("b":{"$oid":"62e2ef0d1c9a9a3d1c1c1c1c"},"c":{"$numberDecimal":"1.5"}}})");
  EXPECT_EQ(pipeline_of("pipeline: [{ $match: { a: { $regex: '^x', $options: i } } }]"),
            R"({"$match":{"a":{"$regularExpression":{"pattern":"^x","options":"i"}}}})");
  EXPECT_EQ(pipeline_of("pipeline: [{ $match: { a: { $type: string } } }]"),
            R"({"$match":{"a":{"$type":"string"}}})");
}

TEST(MongoOptions, WhatIsPutIntoAStageStaysText) {
  EXPECT_EQ(pipeline_of("pipeline: [{ $match: { region: '${R}', n: '${N}' } }]",
                        {{"R", "\"}, {"}, {"N", "5"}}),
            R"({"$match":{"region":"\"},{","n":"5"}})");
}

TEST(MongoOptions, TheFilesOfTheUriAreKnown) {
  auto section = config::section_of(
      "{ uri: 'mongodb://h/?tls=true&tlsCAFile=/etc/ca.pem', watch: shop.orders }");
  EXPECT_TRUE(read_options(section));
  std::string files;
  for (const config::ReadText& text : section.read_texts()) {
    if (text.use == config::TextUse::library_file) files += text.key + " " + text.written;
    EXPECT_EQ(text.key == "uri", text.use != config::TextUse::plain) << text.key;
  }
  EXPECT_EQ(files, "uri /etc/ca.pem");
}

TEST(MongoOptions, PipelinesAreChecked) {
  EXPECT_EQ(read(with("pipeline: [{ $unset: _id }]")).error().name, "config.bad_pipeline");
  EXPECT_THAT(complaint(with("pipeline: [{ $match: {} }, { $unset: _id }]")),
              HasSubstr("stage 2 of 'pipeline' ($unset) takes '_id' away"));
  EXPECT_THAT(complaint(with("pipeline: [{ $match: {} }, { $match: { a: { $oid: 5 } } }]")),
              HasSubstr("stage 2 is not a document"));
  EXPECT_THAT(complaint(with("pipeline: { $match: {} }")), HasSubstr("must be a list"));
  EXPECT_THAT(complaint(with("pipeline: [text]")), HasSubstr("stage 1"));
}

}  // namespace
}  // namespace headwater::mongodb
