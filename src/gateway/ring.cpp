#include "src/gateway/ring.h"

#include <algorithm>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::gateway {
namespace {

// Space for what an event has besides its data.
constexpr std::size_t around_data = 512;

/// A line end inside the JSON would end the field, so each line gets its own.
void append_data(std::string& to, std::size_t json_at) {
  if (to.find('\n', json_at) == std::string::npos && to.find('\r', json_at) == std::string::npos) {
    return;
  }
  const std::string json = to.substr(json_at);
  to.resize(json_at);
  for (const char c : json) {
    if (c == '\r') continue;
    to += c;
    if (c == '\n') to += "data: ";
  }
}

}  // namespace

std::size_t Chunk::offset_of(std::uint64_t sequence) const {
  const auto found =
      std::ranges::lower_bound(marks, sequence, {}, [](const Mark& mark) { return mark.sequence; });
  return found == marks.end() ? bytes.size() : found->offset;
}

SharedChunk to_chunk(const std::vector<StoredEvent>& events) {
  invariant(!events.empty(), "a chunk has an event");
  auto chunk = std::make_shared<Chunk>();
  std::size_t size = 0;
  for (const StoredEvent& stored : events) size += stored.event.data.size() + around_data;
  chunk->bytes.reserve(size);
  chunk->marks.reserve(events.size());
  for (const StoredEvent& stored : events) {
    chunk->marks.push_back({.sequence = stored.sequence, .offset = chunk->bytes.size()});
    chunk->bytes.append("id: ").append(std::to_string(stored.sequence)).append("\ndata: ");
    const std::size_t json_at = chunk->bytes.size();
    append_json(chunk->bytes, stored);
    append_data(chunk->bytes, json_at);
    chunk->bytes += "\n\n";
  }
  return chunk;
}

void Ring::start(std::uint64_t at, std::string life) {
  const std::lock_guard lock(mutex_);
  begin_ = at;
  life_ = std::move(life);
  end_.store(at, std::memory_order_release);
}

void Ring::add(SharedChunk chunk) {
  const std::lock_guard lock(mutex_);
  invariant(end() != 0 && chunk->marks.front().sequence >= end(), "a ring's sequences rise");
  bytes_ += chunk->bytes.size();
  const std::uint64_t end = chunk->last() + 1;
  chunks_.push_back(std::move(chunk));
  while (bytes_ > most_bytes_ && chunks_.size() > 1) {
    begin_ = chunks_.front()->last() + 1;
    bytes_ -= chunks_.front()->bytes.size();
    chunks_.pop_front();
  }
  end_.store(end, std::memory_order_release);
}

std::string Ring::life() const {
  const std::lock_guard lock(mutex_);
  return life_;
}

void Ring::fail(Error error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
  failed_.store(true, std::memory_order_release);
}

Error Ring::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

std::optional<SharedChunk> Ring::chunk_from(std::uint64_t next) const {
  if (end() != 0 && next >= end()) return SharedChunk();
  const std::lock_guard lock(mutex_);
  if (end() == 0 || next < begin_) return std::nullopt;
  const auto found = std::ranges::lower_bound(
      chunks_, next, {}, [](const SharedChunk& chunk) { return chunk->last(); });
  return found == chunks_.end() ? SharedChunk() : *found;
}

}  // namespace headwater::gateway
