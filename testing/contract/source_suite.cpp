// The part of the suite that its tests share.
#include "testing/contract/source_suite.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "testing/rig/retried.h"

namespace headwater::testing {

std::unique_ptr<Source> SourceSuite::open(const Position& position,
                                          const SourceRigOptions& options) {
  // Concurrent writers may hold their locks for a long time.
  const auto adapter = rig_->source(options);
  auto source = rig::retried([&] { return adapter->connect("a"); });
  if (!source) {
    ADD_FAILURE() << source.error().name << ": " << source.error().message;
    return nullptr;
  }
  const Position& from = position.empty() ? beginning_ : position;
  const auto opened = rig::retried([&] { return (*source)->open(from); });
  EXPECT_TRUE(opened) << opened.error().name << ": " << opened.error().message;
  return std::move(*source);
}

void SourceSuite::prepare(const SourceRigOptions& options) {
  auto adapter = rig_->source(options);
  const auto prepared = adapter->prepare("a");
  ASSERT_TRUE(prepared) << prepared.error().message;
  if (!beginning_.empty()) return;
  auto beginning = adapter->beginning("a");
  ASSERT_TRUE(beginning) << beginning.error().message;
  beginning_ = *std::move(beginning);
}

void SourceSuite::write(const std::vector<Write>& writes) {
  auto writer = rig_->writer();
  for (const auto& each : writes) writer->write(each);
}

void SourceSuite::insert(std::int64_t first, std::int64_t count) {
  auto writer = rig_->writer();
  writer->begin();
  for (std::int64_t key = first; key < first + count; ++key) {
    writer->write({.kind = Write::Kind::insert, .key = key, .value = key});
  }
  writer->commit();
}

std::vector<Change> SourceSuite::drain(Source& source, Position* position, ReadLimits limits) {
  std::vector<Change> all;
  for (;;) {
    auto batch = source.read(limits, Milliseconds(0), {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    if (position != nullptr) *position = batch->position;
    const bool end = batch->changes.empty() && batch->current;
    std::ranges::move(batch->changes, std::back_inserter(all));
    if (end) return all;
  }
}

std::vector<Change> SourceSuite::await(Source& source, std::size_t count) {
  std::vector<Change> all;
  while (all.size() < count) {
    auto batch = source.read({100, 1U << 20U}, forever, {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    std::ranges::move(batch->changes, std::back_inserter(all));
  }
  std::ranges::move(drain(source), std::back_inserter(all));
  return all;
}

std::vector<Change> SourceSuite::publish(Source& source, Position tail, std::size_t count) {
  std::vector<Change> all;
  while (all.size() < count) {
    EXPECT_TRUE(source.release(durable(tail)));
    auto batch = source.read({100, 1U << 20U}, forever, {});
    EXPECT_TRUE(batch) << batch.error().name << ": " << batch.error().message;
    if (!batch) return all;
    std::ranges::move(batch->changes, std::back_inserter(all));
    tail = std::move(batch->position);
  }
  std::ranges::move(drain(source), std::back_inserter(all));
  return all;
}

std::map<std::string, std::string> SourceSuite::table() {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : rig_->rows()) {
    result.emplace(fold_text(key), fold_text(value));
  }
  return result;
}

std::string SourceSuite::refusal(SourceAdapter& adapter, const Position& position) {
  auto source = adapter.connect("a");
  EXPECT_TRUE(source) << source.error().message;
  if (!source) return "";
  const auto opened = (*source)->open(position);
  if (opened) return "";
  EXPECT_EQ(opened.error().remedy, Remedy::stop);
  EXPECT_EQ(opened.error().origin, Origin::source);
  EXPECT_FALSE(opened.error().next.empty());
  return opened.error().name;
}

Durable SourceSuite::durable(Position position) {
  return Durable::confirmed_by_stream(
      {.sequence = 1, .position = std::move(position), .source = "any"});
}

std::vector<std::string> SourceSuite::ids_of(const std::vector<Change>& changes) {
  std::vector<std::string> ids;
  ids.reserve(changes.size());
  for (const auto& change : changes) ids.push_back(change.id);
  return ids;
}

std::vector<Op> SourceSuite::ops_of(const std::vector<Change>& changes) {
  std::vector<Op> ops;
  ops.reserve(changes.size());
  for (const auto& change : changes) ops.push_back(change.op);
  return ops;
}

std::vector<Change> SourceSuite::of_key(const std::vector<Change>& changes,
                                        std::int64_t key) const {
  std::vector<Change> found;
  std::ranges::copy_if(changes, std::back_inserter(found), [&](const Change& change) {
    return rig_->key_in(*change.key) == std::vector<Value>{key};
  });
  return found;
}

}  // namespace headwater::testing
