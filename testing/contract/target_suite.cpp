#include "testing/contract/target_suite.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "src/materialize/decoder.h"

namespace headwater::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

constexpr const char* source = "sqlite:2ef3e4a3-cf22-4ad7-8143-357a256ae471";

std::string data_of(const std::string& op, const std::string& key, const std::string& after,
                    const std::string& more) {
  return R"({"op":")" + op + R"(","key":)" + key + R"(,"before":null,"after":)" + after + more +
         "}";
}

StoredEvent stored(std::uint64_t sequence, const std::string& from, const EventType& type,
                   std::string data, const std::string& key) {
  return {.sequence = sequence,
          .event = {.id = "e:" + std::to_string(sequence),
                    .source = from,
                    .type = type,
                    .subject = key,
                    .partition_key = type.table() + "/" + key,
                    .time = WallTime(
                        Milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(sequence))),
                    .data = std::move(data)}};
}

std::string id_key(int id) { return R"({"_id":)" + std::to_string(id) + "}"; }

}  // namespace

std::string TargetSuite::row(int id, const std::string& name) {
  return R"({"id":)" + std::to_string(id) + R"(,"name":")" + name + "\"}";
}
std::string TargetSuite::key(int id) { return R"({"id":)" + std::to_string(id) + "}"; }

std::unique_ptr<Target> TargetSuite::open(const CopyName& copy) {
  auto opened = rig_->adapter().open(copy);
  EXPECT_TRUE(opened) << opened.error().name << ": " << opened.error().message;
  if (!opened) std::abort();
  return *std::move(opened);
}

StoredEvent TargetSuite::event(const std::string& op, const std::string& with_key,
                               const std::string& after, const std::string& table) {
  const std::optional<std::string> named = table.empty() ? std::nullopt : std::optional(table);
  return stored(++sequence_, source, EventType("shop", named, op), data_of(op, with_key, after, ""),
                with_key);
}

StoredEvent TargetSuite::rename(const std::string& from, const std::string& to) {
  StoredEvent renamed = event("rename", "null", "null", from);
  renamed.event.data.insert(renamed.event.data.size() - 1, R"(,"to":")" + to + "\"");
  return renamed;
}

StoredEvent TargetSuite::document(const std::string& op, const std::string& with_key,
                                  const std::string& after, const std::string& more) {
  return stored(++sequence_, "mongodb:65f0c1e2a3b4c5d6e7f80910",
                EventType("shop", std::string("documents"), op), data_of(op, with_key, after, more),
                with_key);
}

Result<std::uint64_t> TargetSuite::try_apply(Target& target,
                                             const std::vector<StoredEvent>& events) {
  materialize::Decoder decoder({.keeps_documents = rig_->adapter().keeps_documents()});
  materialize::Batch batch;
  for (const StoredEvent& each : events) {
    auto added = decoder.add(each, batch);
    if (!added) return failed(added);
  }
  auto place = target.place();
  if (!place) return failed(place);
  batch.place.stream = "a stream";
  batch.place.generation = place->generation;
  return target.apply(*place, batch.operations(), batch.place);
}

void TargetSuite::apply(Target& target, const std::vector<StoredEvent>& events) {
  auto applied = try_apply(target, events);
  ASSERT_TRUE(applied) << applied.error().name << ": " << applied.error().message;
  EXPECT_EQ(*applied, 0U);
}

TEST_P(TargetSuite, HasTheRowsThatTheEventsSay) {
  auto target = open();
  EXPECT_EQ(target->place()->sequence, 0U);
  apply(*target, {event("read", key(1), row(1, "ada")), event("insert", key(2), row(2, "bob"))});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada", "id=2 name=bob"));
  apply(*target, {event("update", key(1), row(1, "eve")), event("delete", key(2), "null"),
                  event("insert", key(3), row(3, "joe")), event("replace", key(3), row(3, "sue"))});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=eve", "id=3 name=sue"));
  const auto place = target->place();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->sequence, sequence_);
  EXPECT_EQ(place->event, std::string(source) + " e:" + std::to_string(sequence_));
  EXPECT_EQ(place->stream, "a stream");
  EXPECT_THAT(*target->tables(), ElementsAre("orders"));
  // Another process finds the same.
  EXPECT_TRUE(same_place(*open()->place(), *place));
}

TEST_P(TargetSuite, AddsColumnsAndForgetsAbsentOnes) {
  auto target = open();
  apply(*target, {event("insert", key(1), row(1, "ada")),
                  event("insert", key(2), R"({"id":2,"name":"bob","note":"new"})")});
  apply(*target, {event("update", key(2), R"({"id":2,"more":7})"),
                  event("insert", key(3), R"({"more":8,"id":3})")});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada", "id=2 more=7", "id=3 more=8"));
}

TEST_P(TargetSuite, KeepsUnchangedValues) {
  const std::string unchanged = R"({"id":1,"name":"eve","long":{"$unchanged":true}})";
  auto target = open();
  apply(*target, {event("insert", key(1), R"({"id":1,"name":"ada","long":"text"})")});
  apply(*target, {event("update", key(1), unchanged)});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 long=text name=eve"));
  // Both in one batch.
  apply(*target, {event("update", key(1), R"({"id":1,"name":"joe","long":"new"})"),
                  event("update", key(1), unchanged)});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 long=new name=eve"));
}

TEST_P(TargetSuite, AKeyMayHaveSeveralColumnsAndNeedNotBeInTheRow) {
  auto target = open();
  const auto put = [&](const std::string& a, const std::string& b, const std::string& value) {
    return event("insert", R"({"a":)" + a + R"(,"b":)" + b + "}", R"({"v":)" + value + "}");
  };
  apply(*target, {put("1", "\"x\"", "1"), put("1", "\"y\"", "2"), put("2", "\"x\"", "3")});
  apply(*target, {event("delete", R"({"b":"x","a":1})", "null"), put("2", "\"x\"", "4")});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("a=1 b=y v=2", "a=2 b=x v=4"));
}

TEST_P(TargetSuite, AppliesDifferencesOfDocuments) {
  auto target = open();
  apply(*target,
        {document("insert", id_key(1), R"({"_id":1,"n":1,"gone":2,"a":{"b":1,"c":[1,2,3]}})")});
  apply(*target,
        {document("update", id_key(1), "null",
                  R"(,"detail":{"updateDescription":{"updatedFields":{"n":5,"a.b":7,"new":"x"},)"
                  R"("removedFields":["gone"],"truncatedArrays":[{"field":"a.c","newSize":1}]}})"),
         document(
             "update", id_key(1), "null",
             R"(,"detail":{"updateDescription":{"updatedFields":{"a.d":8},"removedFields":[]}})")});
  EXPECT_THAT(rig_->rows("documents"), ElementsAre(R"(_id=1 a={"b":7,"c":[1],"d":8} n=5 new=x)"));
  // The stream has no earlier event of this one.
  auto applied = try_apply(
      *target, {document("update", id_key(2), "null",
                         R"(,"detail":{"updateDescription":{"updatedFields":{"n":5}}})")});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(*applied, 1U);
  apply(*target, {document("delete", id_key(1), "null")});
  EXPECT_THAT(rig_->rows("documents"), IsEmpty());
}

TEST_P(TargetSuite, OnlyOneOfTwoMovesThePlace) {
  auto one = open();
  auto other = open();
  const CopyPlace before = *other->place();
  apply(*one, {event("insert", key(1), row(1, "ada"))});
  const CopyPlace next{.stream = "s", .sequence = 9, .event = "x"};
  materialize::Decoder decoder({.keeps_documents = rig_->adapter().keeps_documents()});
  materialize::Batch batch;
  ASSERT_TRUE(decoder.add(event("insert", key(2), row(2, "bob")), batch));
  const auto late = other->apply(before, batch.operations(), next);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().name, "target.conflict");
  EXPECT_EQ(late.error().remedy, Remedy::stand_by);
  EXPECT_EQ(late.error().origin, Origin::target);
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada"));
  // And goes on from there.
  apply(*other, {event("insert", key(3), row(3, "joe"))});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada", "id=3 name=joe"));
}

TEST_P(TargetSuite, ABatchThatFailsChangesNothing) {
  rig_->make_table("stock");
  auto target = open();
  apply(*target, {event("insert", key(1), row(1, "ada"))});
  const CopyPlace before = *target->place();
  const auto failed = try_apply(*target, {event("update", key(1), row(1, "eve")),
                                          event("insert", key(1), R"({"id":1,"new":1})", "mail"),
                                          event("insert", key(1), row(1, "x"), "stock")});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.table_not_empty") << failed.error().message;
  EXPECT_EQ(failed.error().origin, Origin::target);
  EXPECT_FALSE(failed.error().next.empty());
  EXPECT_TRUE(same_place(*target->place(), before));
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=ada"));
  EXPECT_THAT(rig_->rows("mail"), IsEmpty());
  EXPECT_THAT(rig_->rows("stock"), ElementsAre("id=1"));
  // The object is usable again.
  apply(*target, {event("update", key(1), row(1, "eve")),
                  event("insert", key(1), R"({"id":1,"new":1})", "mail")});
  EXPECT_THAT(rig_->rows("mail"), ElementsAre("id=1 new=1"));
}

TEST_P(TargetSuite, TwoDatabasesMayNotShareATable) {
  auto target = open();
  apply(*target, {event("insert", key(1), row(1, "ada"))});
  StoredEvent foreign = event("insert", key(2), row(2, "bob"));
  foreign.event.source = foreign.event.source.text() + "2";
  const auto failed = try_apply(*target, {foreign});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.table_taken") << failed.error().message;
  // Nor may two copies.
  auto copy = open({.name = "another", .suffix = ""});
  const auto taken = try_apply(*copy, {event("insert", key(3), row(3, "eve"))});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().name, "target.table_taken") << taken.error().message;
}

TEST_P(TargetSuite, ACopyReplacesAnother) {
  auto old = open();
  apply(*old,
        {event("insert", key(1), row(1, "old")), event("insert", key(1), row(1, "x"), "gone")});
  const CopyPlace before = *old->place();
  auto built = open({.name = "orders+rebuild", .suffix = "_rebuild"});
  apply(*built, {event("insert", key(1), R"({"id":1,"other":"new"})"),
                 event("insert", key(1), row(1, "y"), "more")});
  EXPECT_THAT(rig_->rows("orders_rebuild"), ElementsAre("id=1 other=new"));
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 name=old"));
  const CopyPlace place = *built->place();
  const auto replaced = built->replace({.name = "orders", .suffix = ""}, before);
  ASSERT_TRUE(replaced) << replaced.error().name << ": " << replaced.error().message;
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 other=new"));
  EXPECT_THAT(rig_->rows("more"), ElementsAre("id=1 name=y"));
  for (const char* const table : {"gone", "orders_rebuild", "more_rebuild"}) {
    EXPECT_THAT(rig_->rows(table), IsEmpty()) << table;
  }
  EXPECT_EQ(built->place()->sequence, place.sequence);
  EXPECT_EQ(built->place()->generation, before.generation + 1);
  EXPECT_EQ(open({.name = "orders+rebuild", .suffix = "_rebuild"})->place()->sequence, 0U);
  // The old process has lost.
  const auto late = old->apply(before, {}, {.stream = "s", .sequence = 99, .event = "x"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().name, "target.conflict");
  // It goes on with the new tables, and so does the one that built them.
  apply(*old, {event("insert", key(2), R"({"id":2,"other":"a"})")});
  apply(*built, {event("insert", key(3), R"({"id":3,"other":"b"})")});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=1 other=new", "id=2 other=a", "id=3 other=b"));
}

TEST_P(TargetSuite, AReaderSeesEitherCopy) {
  if (!rig_->switches_at_once()) GTEST_SKIP() << "tables are switched one after the other";
  std::vector<StoredEvent> events;
  for (int i = 1; i <= 100; ++i) events.push_back(event("insert", key(i), row(i, "old")));
  apply(*open(), events);
  std::atomic<bool> done = false;
  std::string wrong;
  std::thread reader([&] {
    while (!done) {
      const auto rows = rig_->rows("orders");
      if (rows.size() != 100) wrong = std::to_string(rows.size()) + " rows";
    }
  });
  for (int i = 0; i < 5; ++i) {
    auto built = open({.name = "orders+rebuild", .suffix = "_rebuild"});
    apply(*built, events);
    auto replaced = built->replace({.name = "orders", .suffix = ""}, *open()->place());
    EXPECT_TRUE(replaced) << replaced.error().message;
  }
  done = true;
  reader.join();
  EXPECT_EQ(wrong, "");
}

TEST_P(TargetSuite, ACopyCanBeRemoved) {
  auto target = open();
  apply(*target, {event("insert", key(1), row(1, "ada"))});
  ASSERT_TRUE(target->remove());
  EXPECT_THAT(rig_->rows("orders"), IsEmpty());
  EXPECT_EQ(target->place()->sequence, 0U);
  apply(*target, {event("insert", key(2), row(2, "bob"))});
  EXPECT_THAT(rig_->rows("orders"), ElementsAre("id=2 name=bob"));
}

}  // namespace headwater::testing
