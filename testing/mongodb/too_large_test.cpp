// too_large: a change larger than `max_change`, or than the server can send. The error names the
// document, or a gap event replaces the change.
#include <string>

#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// Expects an error at the large change and then, with the other policy, a gap with its id.
void expect_stop_and_gap(Pipeline& pipeline) {
  const Outcome stopped = run(pipeline.headwater({"run"}));
  EXPECT_EQ(stopped.exit, (Exit{.code = source_error, .signal = 0})) << stopped.errors;
  EXPECT_NE(stopped.errors.find("source.change_too_large"), std::string::npos) << stopped.errors;
  EXPECT_NE(stopped.errors.find("shop.orders"), std::string::npos) << stopped.errors;
  EXPECT_NE(stopped.errors.find("the large one"), std::string::npos) << stopped.errors;
  EXPECT_NE(stopped.errors.find("on_large_change: gap"), std::string::npos) << stopped.errors;
  // Everything before it is in the stream.
  EXPECT_EQ(count_of(pipeline, "shop.orders.insert"), 2);

  pipeline.configure_source(", on_large_change: gap");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.gap"), 1);
  EXPECT_EQ(
      query_integer(events_file(pipeline),
                    "SELECT count(*) FROM event WHERE type LIKE '%gap' AND data ->> '$.key._id' = "
                    "'the large one' AND data ->> '$.gap.from' = id AND data ->> '$.gap.to' = id"),
      1);
  EXPECT_EQ(caught_up_disagreement(pipeline), "");
}

class too_large : public OnServer {};

TEST_P(too_large, ForTheConfiguredLimit) {
  const MongoSourceOptions options{.keys = ", max_change: 1MiB, full_document: updateLookup"};
  MongoServer& server = shared();
  Pipeline pipeline(on(server, options));
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  shell.insert(orders, json(R"({"_id": "before"})"));
  Doc document;
  document.add("_id", "the large one").add("text", std::string(mebibyte * 9 / 10, 'x'));
  shell.insert(orders, document);
  // The difference and the document together exceed the limit.
  Doc change;
  change.add("$set", std::move(Doc().add("more", std::string(mebibyte / 5, 'y'))));
  shell.update(orders, json(R"({"_id": "the large one"})"), change);
  shell.insert(orders, json(R"({"_id": "behind"})"));
  expect_stop_and_gap(pipeline);
}

/// An existing document after smaller ones. A relay that is started again after the error must not
/// skip it.
TEST_P(too_large, InASnapshot) {
  const MongoSourceOptions options{.keys = ", max_change: 1MiB, snapshot: initial"};
  MongoServer& server = shared();
  Pipeline pipeline(on(server, options));
  MongoShell shell(server.uri());
  shell.insert(orders, json(R"({"_id": "a small one"})"));
  Doc document;
  document.add("_id", "the large one").add("text", std::string(mebibyte * 6 / 5, 'x'));
  shell.insert(orders, document);
  shell.insert(orders, json(R"({"_id": "the last one"})"));
  ASSERT_EQ(pipeline.init(), "");
  for (int tries = 0; tries < 2; ++tries) {
    const Outcome stopped = run(pipeline.headwater({"run"}));
    EXPECT_EQ(stopped.exit, (Exit{.code = source_error, .signal = 0})) << stopped.errors;
    EXPECT_NE(stopped.errors.find("the large one"), std::string::npos) << stopped.errors;
    EXPECT_EQ(count_of(pipeline, "shop.orders.read"), 1);
  }
  pipeline.configure_source(", on_large_change: gap");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.gap"), 1);
  EXPECT_EQ(count_of(pipeline, "shop.orders.read"), 2);
  const Outcome compared = run(pipeline.headwater({"verify"}));
  EXPECT_EQ(compared.exit, Exit{}) << compared.output << compared.errors;
}

/// Only the images before and after are too large together. The new state is published without the
/// old.
TEST_P(too_large, WithBothImages) {
  const MongoSourceOptions options{.keys =
                                       ", max_change: 1MiB, full_document: whenAvailable, "
                                       "full_document_before_change: whenAvailable",
                                   .images = true};
  MongoServer& server = shared();
  if (!MongoShell(server.uri()).create("shop.has_images", true)) {
    GTEST_SKIP() << "this server has no images: it is older than 6.0";
  }
  Pipeline pipeline(on(server, options));
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  shell.insert(orders, json(R"({"_id": "before"})"));
  Doc document;
  document.add("_id", "the large one").add("text", std::string(mebibyte * 6 / 10, 'x'));
  shell.insert(orders, document);
  shell.update(orders, json(R"({"_id": "the large one"})"), json(R"({"$set": {"paid": true}})"));
  shell.insert(orders, json(R"({"_id": "behind"})"));
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.insert"), 3);
  EXPECT_EQ(count_of(pipeline, "shop.orders.gap"), 0);
  EXPECT_EQ(
      query_integer(events_file(pipeline),
                    "SELECT count(*) FROM event WHERE type LIKE '%update' AND "
                    "data ->> '$.key._id' = 'the large one' AND data ->> '$.before' IS NULL AND "
                    "data ->> '$.after.paid'"),
      1);
  EXPECT_EQ(caught_up_disagreement(pipeline), "");
}

/// A document of nearly 16 MB and its difference do not fit into one event of the server.
/// SecantusDB has no such limit.
TEST(too_large_for_the_server, LookedUpDocument) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  const MongoSourceOptions options{.keys = ", full_document: updateLookup"};
  MongoServer server({.kind = MongoKind::real});
  Pipeline pipeline(on(server, options));
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  shell.insert(orders, json(R"({"_id": "before"})"));
  Doc document;
  document.add("_id", "the large one").add("text", std::string(mebibyte * 15, 'x'));
  document.add("more", std::string(mebibyte - 1'000, 'x'));
  shell.insert(orders, document);
  Doc change;
  change.add("$set", std::move(Doc().add("more", std::string(mebibyte - 1'000, 'y'))));
  shell.update(orders, json(R"({"_id": "the large one"})"), change);
  shell.insert(orders, json(R"({"_id": "behind"})"));
  expect_stop_and_gap(pipeline);
}

/// The pipeline matches the document that does not fit; the transaction continues after it.
TEST(too_large_for_the_server, InATransactionThroughAPipeline) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  MongoServer server({.kind = MongoKind::real});
  Pipeline pipeline(on(server, {.keys = ", full_document: updateLookup, on_large_change: gap, "
                                        "pipeline: [ { $match: { fullDocument.region: EU } } ]"}));
  MongoShell shell(server.uri());
  Doc document;
  document.add("_id", "the large one").add("region", "EU");
  document.add("text", std::string(mebibyte * 15, 'x'));
  document.add("more", std::string(mebibyte - 1'000, 'x'));
  shell.insert(orders, document);
  ASSERT_EQ(pipeline.init(), "");
  shell.begin();
  shell.insert(orders, json(R"({"_id": "first", "region": "EU"})"));
  Doc change;
  change.add("$set", std::move(Doc().add("more", std::string(mebibyte - 1'000, 'y'))));
  shell.update(orders, json(R"({"_id": "the large one"})"), change);
  shell.insert(orders, json(R"({"_id": "elsewhere", "region": "US"})"));
  shell.insert(orders, json(R"({"_id": "last", "region": "EU"})"));
  shell.commit();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(count_of(pipeline, "shop.orders.insert"), 2);
  EXPECT_EQ(count_of(pipeline, "shop.orders.gap"), 1);
  EXPECT_EQ(query_integer(events_file(pipeline),
                          "SELECT count(*) FROM event WHERE data ->> '$.key._id' = 'the large one' "
                          "AND type LIKE '%gap'"),
            1);
  EXPECT_EQ(query_integer(events_file(pipeline),
                          "SELECT group_concat((data ->> '$.transaction.ordinal') || ' ' || "
                          "(data ->> '$.transaction.last'), ', ') = '0 0, 1 0, 2 1' FROM event"),
            1);
  EXPECT_EQ(query_integer(events_file(pipeline),
                          "SELECT count(DISTINCT data ->> '$.transaction.id') FROM event"),
            1);
}

INSTANTIATE_TEST_SUITE_P(On, too_large, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig
