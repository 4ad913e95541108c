// Dead letters: the events that a consumer could not handle, with the cause. They are in a stream of
// their own, of any kind that can be read back. So they are as durable as events, appending one is
// fenced, and asking for one to be replayed or dropped is an event, too.
// docs/formats/dead-letters.md specifies them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/event.h"
#include "src/ports/adapter.h"

namespace headwater::consumer {

/// Of one read of the letters.
constexpr ReadLimits letters_at_once{.count = 1'000, .bytes = std::size_t{4} << 20U};

/// One record of the stream.
struct LetterRecord {
  enum class Kind {
    dead,    ///< `event` could not be handled.
    replay,  ///< A person wants `letter` to be handed over again.
    drop,    ///< A person does not need `letter` any more.
    done,    ///< `letter` was handed over again; it was handled, or is dead again as another one.
    begin,   ///< The consumer starts again: events that were letters before are handed over.
  };
  Kind kind = Kind::dead;
  std::string consumer;
  std::uint64_t letter = 0;            ///< Which one; not for dead and begin.
  std::optional<StoredEvent> event{};  ///< As in the consumer's stream; only for dead.
  std::string cause_name{};
  std::string cause{};
  std::uint64_t attempts = 0;
};

/// The record in an event of the stream; nothing if it is something else.
[[nodiscard]] std::optional<LetterRecord> letter_record_in(const Event& event);

/// A dead letter without its event.
struct Letter {
  std::uint64_t number = 0;  ///< Its sequence in the stream of dead letters.
  std::string source;
  std::string id;
  std::uint64_t sequence = 0;  ///< In the consumer's stream.
  std::string type;
  std::string cause_name;
  std::string cause;
  std::uint64_t attempts = 0;
  WallTime time{};         ///< When it died.
  bool replaying = false;  ///< A person has asked for it.
};

/// The dead letters of one consumer, built from the records in order. One thread.
class Letters {
 public:
  explicit Letters(std::string consumer) : consumer_(std::move(consumer)) {}

  /// Takes the next event of the stream.
  void take(const StoredEvent& stored);

  /// By number.
  [[nodiscard]] const std::map<std::uint64_t, Letter>& open() const& { return open_; }
  const std::map<std::uint64_t, Letter>& open() && = delete;  // of what is gone at once
  /// Of all letters so far, open or not, the events beyond `place` in the consumer's stream: those
  /// that are not to be handed over again after a restart.
  [[nodiscard]] std::set<std::pair<std::string, std::string>> dead_beyond(
      std::uint64_t place) const;
  /// Whether there has been any letter since the consumer last began.
  [[nodiscard]] bool any() const { return !died_.empty(); }
  /// From now on keeps only the open letters.
  void keep_open_only() {
    died_ = {};
    keeps_died_ = false;
  }

 private:
  struct Died {
    std::uint64_t sequence;
    std::string source;
    std::string id;
  };
  std::string consumer_;
  std::map<std::uint64_t, Letter> open_;
  std::vector<Died> died_;
  bool keeps_died_ = true;
};

/// Appends records. Any thread; one call at a time goes on, and each blocks until it is durable.
class DeadLetters {
 public:
  /// The stream accepts one relay of this name; so any number of consumers and commands share it.
  static constexpr const char* relay = "dead-letters";

  /// Both must outlive it.
  DeadLetters(StreamAdapter& stream, const Clock& clock) : stream_(&stream), clock_(&clock) {}

  /// Makes the stream if it is missing. Fails with `consumer.dead_letters_unreadable` if it cannot be
  /// read back, or as the stream does.
  Result<void> open();

  /// All or nothing. Several may append at once; then this tries again. Ends soon after `stop` is
  /// requested, and fails with retry.
  Result<void> append(std::span<const LetterRecord> records, const std::stop_token& stop);

  [[nodiscard]] Result<std::unique_ptr<StreamReader>> reader() { return stream_->reader(); }

 private:
  Result<Durable> append_once(std::span<const LetterRecord> records, const std::stop_token& stop);
  [[nodiscard]] Event to_event(const LetterRecord& record, std::uint64_t number) const;

  StreamAdapter* stream_;
  const Clock* clock_;
  std::mutex mutex_;
  std::unique_ptr<StreamWriter> writer_;
};

/// All letters of a consumer at this moment. Blocks while it reads the whole stream.
Result<Letters> read_letters(StreamReader& reader, const std::string& consumer,
                             const std::stop_token& stop);

/// The record with the event of a letter. Fails with `consumer.no_such_letter`.
Result<LetterRecord> read_letter(StreamReader& reader, std::uint64_t number,
                                 const std::stop_token& stop);

}  // namespace headwater::consumer
