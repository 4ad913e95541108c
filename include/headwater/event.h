// Events as a reader returns them. docs/formats/event.md describes what they say.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

namespace headwater::client {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// What identifies an event, and where it stands in the stream: what an inbox needs of it.
struct Delivery {
  std::string_view source{};  ///< With `id`, unique forever.
  std::string_view id{};
  std::uint64_t sequence = 0;
};

/// One event of a Batch, which owns what the views point to. Cheap to copy; valid as long as the
/// batch.
class Event {
 public:
  [[nodiscard]] std::uint64_t sequence() const;  ///< Its number in the stream.
  [[nodiscard]] std::string_view source() const;
  [[nodiscard]] std::string_view id() const;
  [[nodiscard]] std::string_view type() const;  ///< "shop.orders.update"
  [[nodiscard]] std::string_view operation() const;
  [[nodiscard]] std::string_view database() const;
  [[nodiscard]] std::string_view table() const;  ///< With its schema, if it has one.
  /// The key as text. Exact in data(), member `key`.
  [[nodiscard]] std::string_view subject() const;
  /// The same for all events of one row.
  [[nodiscard]] std::string_view partition_key() const;
  [[nodiscard]] Time time() const;              ///< Of the commit.
  [[nodiscard]] std::string_view data() const;  ///< A JSON object, UTF-8.
  /// The whole event as one line of CloudEvents JSON, without a line end.
  [[nodiscard]] std::string to_json() const;

  [[nodiscard]] Delivery delivery() const {
    return {.source = source(), .id = id(), .sequence = sequence()};
  }

 private:
  friend class Batch;
  explicit Event(const void* stored) : stored_(stored) {}
  const void* stored_;
};

/// Events in the order of the stream. Owns them; cheap to move and to copy. May be read from any
/// thread.
class Batch {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Event;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Event;
    Iterator(const Batch* batch, std::size_t index) : batch_(batch), index_(index) {}
    Event operator*() const { return (*batch_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const Batch* batch_;
    std::size_t index_;
  };

  Batch();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Event operator[](std::size_t index) const;
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, size()}; }

  /// The consumer's place when this batch was handed over: no event up to it comes again. An inbox
  /// uses it to decide what it may forget. 0 from a reader without a consumer.
  [[nodiscard]] std::uint64_t acknowledged() const;
  /// Which of the consumer's workers the batch is for; 0 is the first.
  [[nodiscard]] unsigned worker() const;

  struct Held;
  explicit Batch(std::shared_ptr<const Held> held);

 private:
  std::shared_ptr<const Held> held_;
};

}  // namespace headwater::client
