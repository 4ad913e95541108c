#include "src/sources/rethinkdb/testing.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "testing/rethinkdb/admin_terms.h"
#include "testing/rig/waiting.h"

namespace headwater::rethinkdb {
namespace {

const char* word_for(Op op) {
  switch (op) {
    case Op::insert:
      return "insert";
    case Op::update:
      return "update";
    case Op::remove:
      return "delete";
    case Op::read:
      return "read";
    case Op::gap:
      return "gap";
    default:
      return "other";
  }
}

constexpr ReadLimits usual{.count = 1'000'000, .bytes = std::size_t{8} << 20U};

}  // namespace

std::string words_for(const Change& change) {
  std::string words = word_for(change.op);
  if (change.op == Op::gap) return words;
  words += ' ' + std::get<Document>(*change.key).exact_key;
  if (change.op == Op::read) return words;
  const auto detail = Json::parse(change.detail).value_or(Json());
  return words + " v" + std::to_string(detail["version"].unsigned_integer().value_or(0));
}

Follower::Follower(SourceAdapter& adapter, const Position& position, const std::string& relay)
    : position_(position) {
  auto source = adapter.connect(relay);
  if (!source) throw std::runtime_error(source.error().name + ": " + source.error().message);
  source_ = *std::move(source);
  const auto opened = source_->open(position);
  EXPECT_TRUE(opened) << opened.error().message;
}

Result<ChangeBatch> Follower::next(std::size_t count) {
  constexpr Milliseconds wait{50};
  ReadLimits limits = usual;
  limits.count = count;
  auto batch = source_->read(limits, wait, {});
  if (!batch) return batch;
  position_ = batch->position;
  return batch;
}

std::vector<std::string> Follower::read(std::size_t count) {
  std::vector<std::string> words;
  changes_.clear();
  const bool ended = rig::wait_until([&] {
    auto batch = next(count - words.size());
    if (!batch && batch.error().remedy == Remedy::retry) return false;
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return true;
    const bool is_all = batch->current && batch->changes.empty() && count == 1'000'000;
    for (Change& each : batch->changes) {
      words.push_back(words_for(each));
      changes_.push_back(std::move(each));
    }
    return is_all || words.size() >= count;
  });
  EXPECT_TRUE(ended) << words.size() << " changes have come";
  return words;
}

Error Follower::error() {
  Error error;
  const bool failed = rig::wait_until([&] {
    auto batch = next(usual.count);
    if (batch || batch.error().remedy == Remedy::retry) return false;
    error = batch.error();
    return true;
  });
  EXPECT_TRUE(failed) << "the source goes on";
  return error;
}

void Follower::release(const Position& position) {
  const auto released = source_->release(Durable::confirmed_by_stream(
      {.sequence = 1, .position = position, .source = source_->identity()}));
  EXPECT_TRUE(released) << released.error().message;
}

void Follower::release() {
  release(position_);
  source_->close();  // which waits for it
  const auto opened = source_->open(position_);
  EXPECT_TRUE(opened) << opened.error().message;
}

RethinkTest::RethinkTest() {
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  database_ = std::string(test->test_suite_name()) + "_" + test->name();
  run(Term::call(admin::db_create, {database_}));
  make_table("item");
}

rig::RethinkServer& RethinkTest::server() {
  static rig::RethinkServer server;
  return server;
}

std::string RethinkTest::refusal(const Term& term, const Options& options) {
  const auto result = server().try_run(term, options);
  if (!result) return result.error().error.message;
  const auto said = (*result)["first_error"].text();
  EXPECT_TRUE(said) << term.json() << " gives " << result->dump();
  return std::string(said.value_or(""));
}

void RethinkTest::make_table(const std::string& name, const Options& options) {
  run(Term::call(TermType::db, {database_}).then(TermType::table_create, {name}, options));
  run(table(database_, name).then(TermType::wait));
}

SourceOptions RethinkTest::options(const std::string& table) const {
  SourceOptions options;
  options.server = {.host = "127.0.0.1", .port = server().port()};
  options.database = database_;
  options.table = table;
  return options;
}

std::unique_ptr<SourceAdapter> RethinkTest::adapter(const SourceOptions& options) const {
  return make_rethinkdb_source(options, clock_);
}

void RethinkTest::prepare(const std::string& relay) {
  const auto prepared = adapter()->prepare(relay);
  ASSERT_TRUE(prepared) << prepared.error().message;
}

void RethinkTest::remove(const std::string& relay) {
  const auto removed = adapter()->remove(relay);
  ASSERT_TRUE(removed) << removed.error().message;
}

void RethinkTest::write(const Term& term) {
  const Json answer = run(term);
  const auto count = [&](const char* name) { return answer[name].integer().value_or(0); };
  EXPECT_EQ(count("errors"), 0) << answer.dump();
  EXPECT_GT(count("inserted") + count("replaced") + count("deleted"), 0) << answer.dump();
}

std::string RethinkTest::journal(const std::string& key) {
  const Json held = document(key)["_hw"];
  std::string words;
  std::uint64_t before = 0;
  for (const Json& each : held["log"].elements()) {
    words.append(words.empty() ? "" : ", ")
        .append("v")
        .append(each["v"].dump())
        .append(" ")
        .append(each["op"].text().value_or("?"));
    EXPECT_LT(before, each["n"].unsigned_integer().value_or(0)) << held.dump();
    before = each["n"].unsigned_integer().value_or(0);
  }
  EXPECT_TRUE(before == 0 || before == held["n"].unsigned_integer()) << held.dump();
  return words + (held.contains("gone") ? " gone" : "");
}

}  // namespace headwater::rethinkdb
