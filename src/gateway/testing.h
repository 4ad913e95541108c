// A stream in memory and a client, for tests.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/gateway/gateway.h"
#include "src/json/json.h"
#include "src/ports/place.h"
#include "src/serve/testing.h"

namespace headwater::gateway {

/// What is in a stream, and what its readers are told. Any thread.
class FakeStream {
 public:
  void append(std::uint64_t count, const std::string& data = "{}") {
    const std::lock_guard lock(mutex_);
    for (std::uint64_t i = 0; i < count; ++i) {
      ++last_;
      events_[last_] = event(last_, data);
    }
    moved_.notify_all();
  }
  /// Numbers that no event has.
  void skip(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    last_ += count;
  }
  void remove_before(std::uint64_t first) {
    const std::lock_guard lock(mutex_);
    events_.erase(events_.begin(), events_.lower_bound(first));
  }
  void recreate() {
    const std::lock_guard lock(mutex_);
    events_.clear();
    last_ = 0;
    ++life_;
    moved_.notify_all();
  }
  void set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
    moved_.notify_all();
  }
  [[nodiscard]] std::uint64_t reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
  }
  Result<std::unique_ptr<StreamReader>> open() { return std::make_unique<Reader>(*this); }

 private:
  class Reader final : public StreamReader {
   public:
    explicit Reader(FakeStream& stream) : stream_(stream) {}

    Result<StreamRange> range() override {
      const std::lock_guard lock(stream_.mutex_);
      if (auto there = check(); !there) return failed(there);
      return stream_.range_now();
    }
    [[nodiscard]] std::string life() const override {
      return life_ ? std::to_string(*life_) : std::string();
    }
    Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                          Milliseconds wait, std::stop_token stop) override {
      std::unique_lock lock(stream_.mutex_);
      ++stream_.reads_;
      if (auto there = check(); !there) return failed(there);
      if (from > stream_.last_ + 1) return fail(beyond_end("stream", "", from - 1, stream_.last_));
      const auto life = stream_.life_;
      stream_.moved_.wait_for(lock, stop, wait, [&] {
        return stream_.last_ >= from || stream_.away_ || stream_.life_ != life;
      });
      if (auto there = check(); !there) return failed(there);
      std::vector<StoredEvent> found;
      std::size_t bytes = 0;
      for (auto at = stream_.events_.lower_bound(from);
           at != stream_.events_.end() && found.size() < limits.count; ++at) {
        bytes += footprint(at->second);
        if (bytes > limits.bytes && !found.empty()) break;
        found.push_back({.sequence = at->first, .event = at->second});
      }
      return found;
    }
    Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override {
      const std::lock_guard lock(stream_.mutex_);
      if (auto there = check(); !there) return failed(there);
      return stream_.places_[consumer];
    }
    Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override {
      const std::lock_guard lock(stream_.mutex_);
      if (auto there = check(); !there) return there;
      if (sequence > stream_.last_) {
        return fail(beyond_end("stream", consumer, sequence, stream_.last_));
      }
      stream_.places_[consumer] = std::max(stream_.places_[consumer], sequence);
      return {};
    }
    Result<void> forget(const std::string& consumer) override {
      const std::lock_guard lock(stream_.mutex_);
      if (auto there = check(); !there) return there;
      stream_.places_.erase(consumer);
      return {};
    }

   private:
    Result<void> check() {
      if (stream_.away_) {
        return fail({.remedy = Remedy::retry,
                     .origin = Origin::stream,
                     .name = "stream.unavailable",
                     .message = "no connection to secret-host:6379"});
      }
      if (life_.value_or(stream_.life_) != stream_.life_) return fail(recreated("stream", ""));
      life_ = stream_.life_;
      return {};
    }

    FakeStream& stream_;
    std::optional<std::uint64_t> life_;
  };

  static Event event(std::uint64_t sequence, const std::string& data) {
    return {.id = "id-" + std::to_string(sequence),
            .source = "fake",
            .type = EventType::parse("shop.orders.insert"),
            .subject = std::to_string(sequence),
            .partition_key = "orders/" + std::to_string(sequence),
            .time = WallTime(std::chrono::seconds(1'800'000'000 + sequence)),
            .data = data};
  }
  [[nodiscard]] StreamRange range_now() const {
    return {.first = events_.empty() ? last_ + 1 : events_.begin()->first, .last = last_};
  }

  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  std::map<std::uint64_t, Event> events_;
  std::map<std::string, std::uint64_t> places_;
  std::uint64_t last_ = 0;
  std::uint64_t life_ = 1;
  std::uint64_t reads_ = 0;
  bool away_ = false;
};

struct Heard {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] Json json() const { return Json::parse(body).value_or(Json()); }
  [[nodiscard]] std::string error() const {
    const Json json = this->json();
    return std::string(json["name"].text().value_or(""));
  }
};

inline Heard heard_in(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {.status = std::stoi(answer.substr(9, 3)),
          .head = answer.substr(0, end + 2),
          .body = answer.substr(end + 4)};
}

/// "GET /streams", with more headers, each with its line end.
inline Heard request(int port, const std::string& line, const std::string& headers = "",
                     const std::string& body = "") {
  serve_testing::Caller caller(port);
  EXPECT_TRUE(
      caller.say(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
                 (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
                 "\r\n" + body));
  return heard_in(caller.hear());
}

/// A client of /live. Blocks at most for `patience` for what must come.
class Listener {
 public:
  Listener(int port, const std::string& target, const std::string& headers = "") : caller_(port) {
    EXPECT_TRUE(
        caller_.say("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"));
  }

  /// Called again and again while nothing comes.
  void when_silent(std::function<void()> call) { when_silent_ = std::move(call); }

  /// The ids of the next `count` events; fewer if the connection ends.
  std::vector<std::uint64_t> ids(std::size_t count) {
    std::vector<std::uint64_t> ids;
    int beats = 0;
    while (ids.size() < count) {
      const std::string block = next();
      if (block.empty() || is_one_beat_too_many(block, beats)) break;
      if (block.starts_with("id: ")) ids.push_back(std::stoull(block.substr(4)));
    }
    return ids;
  }
  /// The next event, error or comment; empty at the end of the connection.
  std::string next() {
    for (;;) {
      const std::string end = head_ ? "\n\n" : "\r\n\r\n";
      if (const auto at = bytes_.find(end); at != std::string::npos) {
        std::string block = bytes_.substr(0, at);
        bytes_.erase(0, at + end.size());
        if (head_) return block;
        head_ = block;
        continue;
      }
      while (when_silent_ && !caller_.hears(Milliseconds(20))) when_silent_();
      const std::string more = caller_.hear_some();
      if (more.empty()) return "";
      bytes_ += more;
    }
  }
  /// The name in the error event, which is the next that is not an event or comment; empty: none.
  std::string error() {
    int beats = 0;
    for (std::string block = next(); !block.empty(); block = next()) {
      if (is_one_beat_too_many(block, beats)) break;
      const std::string mark = "event: error\ndata: ";
      if (!block.starts_with(mark)) continue;
      const Json json = Json::parse(block.substr(mark.size())).value_or(Json());
      return std::string(json["name"].text().value_or("?"));
    }
    return "";
  }
  [[nodiscard]] std::string head() const { return head_.value_or(""); }

 private:
  /// They come however long nothing else does.
  [[nodiscard]] static bool is_one_beat_too_many(const std::string& block, int& beats) {
    if (block != ":" || ++beats < 6) return false;
    ADD_FAILURE() << "nothing came but " << beats << " heartbeats";
    return true;
  }

  serve_testing::Caller caller_;
  std::function<void()> when_silent_;
  std::optional<std::string> head_;
  std::string bytes_;
};

}  // namespace headwater::gateway
