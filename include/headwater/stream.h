// Reads a stream: an embedded file, NATS, Kafka or Redis.
#pragma once

#include <headwater/event.h>
#include <headwater/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace headwater::client {

/// The stream that a relay writes, with the options that the relay's configuration has under
/// `stream:` (docs/configuration.md):
///
///     StreamOptions{.kind = "nats", .options = {{"url", "nats://localhost:4222"},
///                                               {"stream", "ORDERS"}, {"tls.ca", "ca.pem"}}}
///
/// A name with a dot is an option inside another. A value in brackets is a list: "[a:9092, b:9092]".
struct StreamOptions {
  std::string kind{};  ///< "embedded", "nats", "kafka", "redis"
  std::map<std::string, std::string> options{};
};

/// Where to begin reading.
class Start {
 public:
  static Start earliest() { return Start(Kind::earliest); }  ///< The first event that is left.
  static Start latest() { return Start(Kind::latest); }      ///< Behind the last event.
  /// The first event with this sequence or a later one.
  static Start at_sequence(std::uint64_t sequence) { return Start(Kind::sequence, sequence); }
  /// The first event that was committed at this time or later. Found by bisection, as commit times
  /// rise with sequences; where several relays share a stream, nearly so.
  static Start at_time(Time time) { return Start(Kind::time, 0, time); }

  enum class Kind { earliest, latest, sequence, time };
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  [[nodiscard]] Time time() const { return time_; }

 private:
  explicit Start(Kind kind, std::uint64_t sequence = 0, Time time = {})
      : kind_(kind), sequence_(sequence), time_(time) {}
  Kind kind_;
  std::uint64_t sequence_;
  Time time_;
};

/// How much one read returns at most. A larger event is returned alone.
struct Limits {
  std::size_t events = 1'000;
  std::size_t bytes = std::size_t{1} << 20U;
};

/// How far a reader is behind the stream's end.
struct Lag {
  /// Numbers between its place and the stream's end. Sequences may skip some, so this is an upper
  /// bound; 0 means that it has read everything.
  std::uint64_t events = 0;
  /// Since the commit of the first event that it has not read; 0 if there is none.
  std::chrono::milliseconds time{0};
};

/// Reads events from one place on. One thread at a time.
class Reader {
 public:
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// Returns the next events. Blocks until there are some, `wait` is over or `stop` is requested
  /// (then empty). A failed read may be repeated. Fails with retry while the stream is away; with
  /// stop: `stream.beyond_end` and `stream.recreated` (the stream is not what this reader began
  /// with), `stream.aged_out` (retention has removed events that it had not read; the next read
  /// continues with those that are left).
  Result<Batch> read(const Limits& limits, std::chrono::milliseconds wait,
                     std::stop_token stop = {});

  /// Blocks for a round trip or two.
  Result<Lag> lag();

  /// The sequence of the last event read.
  [[nodiscard]] std::uint64_t place() const;

 private:
  friend class Stream;
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A write whose way through the relay somebody waits for.
struct Write {
  std::string relay;  ///< Of the file; empty if it has only one.
  /// What the writer knows after its commit: SQLite's change number, MongoDB's operation time.
  /// docs/wait.md says how to get it.
  std::string write{};
  std::string consumer{};  ///< Who is to have passed it; empty: it only has to be in the stream.
};

/// Read your own writes across the stream: blocks until the write is in the stream, or the consumer
/// has passed it. Returns the sequence of an event at or after it. Fails with retry, `wait.not_yet`,
/// after `patience` or a stop.
Result<std::uint64_t> wait_for_write(const std::string& config_file, const Write& write,
                                     std::chrono::milliseconds patience, std::stop_token stop = {});

/// A configured stream. Cheap to copy. Each call may be made from any thread; those that return a
/// Result block, and connect when they are called.
class Stream {
 public:
  /// Connects to nothing yet. Fails with `config.*`, as a configuration file would.
  static Result<Stream> open(const StreamOptions& options);
  /// The stream of a relay's configuration file. `relay` may be empty if all relays of the file
  /// have the same stream.
  static Result<Stream> from_config(const std::string& file, const std::string& relay = "");

  /// For messages: "embedded stream events.db".
  [[nodiscard]] std::string describe() const;
  /// Whether its events come exactly once; if not, at least once, with the same id.
  [[nodiscard]] bool exactly_once() const;
  /// The shortest time for which an inbox must remember ids of this stream: its retention's age, and
  /// at least a day. docs/consumers.md says why. Asks the broker, where that has the retention.
  Result<std::chrono::seconds> least_keep() const;

  /// Fails with `stream.not_readable`, or as the stream does. A time that is not there yet is the
  /// stream's end.
  Result<Reader> reader(const Start& start) const;

  /// The place of a named consumer: the last sequence that it has acknowledged; nothing if it is not
  /// registered.
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) const;
  /// Removes a named consumer, so that retention does not wait for it and it can start again.
  Result<void> forget(const std::string& consumer) const;

  struct Held;
  [[nodiscard]] const Held& held() const { return *held_; }

 private:
  explicit Stream(std::shared_ptr<const Held> held);
  std::shared_ptr<const Held> held_;
};

}  // namespace headwater::client
