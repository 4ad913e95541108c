#include "src/sources/mongodb/audit/past_changes.h"

#include <utility>

#include "src/ports/loss.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/resume_token.h"

namespace headwater::mongodb {
namespace {

constexpr ReadLimits batch_limits{.count = 2'048, .bytes = std::size_t{1} << 20U};
// What is committed comes at once; nothing is waited for.
constexpr Milliseconds wait_for_past{10};

}  // namespace

Result<PastChanges> PastChanges::connect(const Audited& audited) {
  auto source = connect_source(audited.options, *audited.clock);
  if (!source) return failed(source);
  return PastChanges(audited, std::move(*source));
}

Result<void> PastChanges::open(const MongoPosition& position) {
  return source_->open(encode(position));
}

Result<bool> PastChanges::try_open(const MongoPosition& position) {
  auto opened = open(position);
  if (opened) return true;
  const std::string& name = opened.error().name;
  if (name == headwater::history_lost) history_lost_ = true;
  if (opened.error().remedy == Remedy::stop && name != "source.unauthorized") return false;
  return failed(opened);
}

/// An id is not all of the token that the server wants, so the change itself is looked for.
Result<std::optional<MongoPosition>> PastChanges::just_after(const std::string& id) {
  using Found = std::optional<MongoPosition>;
  const auto time = time_in(id);
  MongoPosition position = audited_->position_at(time.value_or(ClusterTime{}));
  // If a server writes its tokens in another way than MongoDB, the id must suffice.
  if (!time) position.token.data = id;
  auto there = try_open(position);
  if (!there) return failed(there);
  if (!*there) return Found();
  if (!time) return Found(std::move(position));
  Found found;
  auto visited = read(*time, {}, [&](const Change& change) -> Result<void> {
    if (change.id != id) return {};
    auto here = decode(change.position);
    if (!here) return failed(here);
    found = std::move(*here);
    return {};
  });
  if (!visited) return failed(visited);
  return found;
}

Result<void> PastChanges::read(ClusterTime time, const std::stop_token& stop, const Visit& visit) {
  for (;;) {
    auto batch = source_->read(batch_limits, wait_for_past, stop);
    if (!batch) return failed(batch);
    for (const Change& change : batch->changes) {
      if (auto visited = visit(change); !visited) return visited;
    }
    if (batch->current || stop.stop_requested()) return {};
    // Under a steady load there is always something new.
    auto reached = decode(batch->position);
    if (!reached) return failed(reached);
    if (reached->time > time) return {};
  }
}

}  // namespace headwater::mongodb
