// The part of the suite that its tests share.
#include "testing/contract/stream_suite.h"

#include <iterator>
#include <ostream>
#include <utility>

#include "testing/contract/stream_child.h"
#include "testing/rig/retried.h"

namespace headwater::testing {

std::vector<std::string> StreamRig::ids() {
  std::vector<std::string> ids;
  auto reader = rig::retried([this] { return stream().reader(); });
  if (!reader) return ids;
  std::uint64_t next = 1;
  for (;;) {
    auto found = rig::retried([&] {
      return (*reader)->read(next, {.count = 1000, .bytes = 64U << 20U}, Milliseconds(0), {});
    });
    if (!found || found->empty()) return ids;
    for (const StoredEvent& stored : *found) ids.push_back(stored.event.id);
    next = found->back().sequence + 1;
  }
}

std::unique_ptr<StreamWriter> StreamSuite::writer(const std::string& relay) {
  auto writer = rig::retried([&] { return rig_->stream().writer(relay); });
  EXPECT_TRUE(writer) << writer.error().message;
  return writer ? std::move(*writer) : nullptr;
}

std::unique_ptr<StreamReader> StreamSuite::reader() {
  auto reader = rig::retried([this] { return rig_->stream().reader(); });
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? std::move(*reader) : nullptr;
}

Tail StreamSuite::tail(const std::string& relay) {
  const auto from = writer(relay);
  auto found = rig::retried([&] { return from->tail(); });
  EXPECT_TRUE(found) << found.error().message;
  return found ? found->tail() : Tail{};
}

Result<Durable> StreamSuite::append_after_another(const std::vector<Event>& others,
                                                  const Position& position) {
  const auto first = writer();
  auto stale = first->append({}, sample_batch("a", 1, 2), count_position(2), sample_source);
  EXPECT_TRUE(stale);
  const auto second = writer();
  EXPECT_TRUE(second->tail());
  EXPECT_TRUE(second->append(stale->tail(), others, position, sample_source));
  return first->append(stale->tail(), sample_batch("a", 3, 10), count_position(12), sample_source);
}

void StreamSuite::fill(std::uint64_t count, std::uint64_t batch, const std::string& relay) {
  const auto into = writer(relay);
  const auto filled = rig::retried([&] {
    std::ostream nowhere(nullptr);
    return append_until(*into, relay, count, batch, nowhere);
  });
  ASSERT_TRUE(filled) << filled.error().message;
}

std::vector<StoredEvent> StreamSuite::read_all() {
  std::vector<StoredEvent> all;
  const auto from = reader();
  std::uint64_t next = 1;
  for (;;) {
    auto found = rig::retried([&] {
      return from->read(next, {.count = 1000, .bytes = 64U << 20U}, Milliseconds(0), {});
    });
    EXPECT_TRUE(found) << found.error().message;
    if (!found || found->empty()) return all;
    next = found->back().sequence + 1;
    std::move(found->begin(), found->end(), std::back_inserter(all));
  }
}

std::vector<std::string> StreamSuite::sample_ids(const std::string& relay, std::uint64_t count) {
  std::vector<std::string> ids;
  for (std::uint64_t n = 1; n <= count; ++n) ids.push_back(relay + ":" + std::to_string(n));
  return ids;
}

}  // namespace headwater::testing
