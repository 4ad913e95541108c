// librdkafka's handles, owned.
#pragma once

#include <rdkafka.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/streams/kafka/kafka.h"

namespace headwater::kafka {

template <auto destroy>
struct Destroy {
  template <class Handle>
  void operator()(Handle* handle) const {
    destroy(handle);
  }
};
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<&rd_kafka_message_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<&rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<&rd_kafka_queue_destroy>>;
using Failure = std::unique_ptr<rd_kafka_error_t, Destroy<&rd_kafka_error_destroy>>;
using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<&rd_kafka_conf_destroy>>;

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroy<&rd_kafka_metadata_destroy>>;

/// The time by which a call must return.
class Deadline {
 public:
  /// Over at once when `stop` is requested.
  Deadline(const Clock& clock, Milliseconds within, std::stop_token stop = {})
      : clock_(&clock), within_(within), end_(clock.steady() + within), stop_(std::move(stop)) {}
  /// The same duration, starting now: for the next of several steps that may each take so long.
  [[nodiscard]] Deadline anew() const { return {*clock_, within_, stop_}; }
  /// Never negative, which librdkafka treats as forever.
  [[nodiscard]] int milliseconds() const;
  [[nodiscard]] bool over() const { return milliseconds() == 0; }
  [[nodiscard]] bool stopped() const { return stop_.stop_requested(); }

 private:
  const Clock* clock_;
  Milliseconds within_;
  SteadyTime end_;
  std::stop_token stop_;
};

enum class Role {
  producer,      ///< In transactions.
  asker,         ///< Reads what exists, and soon reports the end.
  follower,      ///< Waits at the broker for new records.
  surveyor,      ///< Like asker, but also reads open transactions.
  acknowledger,  ///< Writes single records without a transaction.
};

/// One instance of the library, with its threads and connections. One thread at a time.
class Client {
 public:
  /// `partitions`: how many a follower reads; they share the memory for what it reads ahead.
  static Result<std::unique_ptr<Client>> open(const Options& options, Role role,
                                              std::int32_t partitions = 1);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] rd_kafka_t* handle() const { return handle_; }
  Result<Topic> topic(const std::string& name) const;
  /// What the brokers know about this topic, as the first of Metadata::topics. Fails with
  /// `stream.not_prepared` if it does not exist.
  Result<Metadata> metadata(const std::string& topic, const Deadline& deadline) const;

  /// The error for `code`. The library often reports only a time-out, and the reason in its error
  /// events, so this uses both.
  [[nodiscard]] Error error(rd_kafka_resp_err_t code, const std::string& what) const;
  [[nodiscard]] Error error(const rd_kafka_error_t& failure, const std::string& what) const;

  /// A broker has answered, so earlier error events do not explain later failures.
  void answered() const;

  /// How many connections broke or failed since open().
  [[nodiscard]] int disconnections() const;
  /// How often no broker could be reached since open().
  [[nodiscard]] int times_alone() const;
  /// The error of the first record that could not be delivered.
  [[nodiscard]] rd_kafka_resp_err_t undelivered() const { return undelivered_; }

 private:
  explicit Client(std::string brokers) : brokers_(std::move(brokers)) {}
  static void note_error(rd_kafka_t* handle, int code, const char* reason, void* self);
  static void note_delivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);

  std::string brokers_;
  rd_kafka_t* handle_ = nullptr;
  // Set by callbacks, which the library calls in this thread. Mutable, because the explanation of
  // an error is not part of a client's state.
  mutable rd_kafka_resp_err_t last_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  mutable std::string last_reason_;
  int disconnections_ = 0;
  int times_alone_ = 0;
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

/// Splits a call into parts of growing length, so that an unreachable broker is noticed between
/// them and not only at the deadline.
class Attempts {
 public:
  enum class Until {
    alone,         ///< No broker can be reached.
    disconnected,  ///< A connection breaks: for calls that can be resumed.
  };
  Attempts(const Client& client, const Deadline& deadline, Until until = Until::alone)
      : client_(&client), deadline_(&deadline), until_(until), failures_before_(failures()) {}
  /// Of the next part. Short again after restart().
  [[nodiscard]] int milliseconds();
  void restart() { next_ms_ = first_ms; }
  /// After an unsuccessful part: whether another makes sense.
  [[nodiscard]] bool again() const { return !deadline_->over() && failures() == failures_before_; }

 private:
  [[nodiscard]] int failures() const {
    return until_ == Until::alone ? client_->times_alone() : client_->disconnections();
  }

  const Client* client_;
  const Deadline* deadline_;
  Until until_;
  int failures_before_;
  static constexpr int first_ms = 250;
  static constexpr int longest_ms = 4000;
  int next_ms_ = first_ms;
};

/// The library's configuration for this role; fails with `config.bad_value`.
Result<Conf> configure(const Options& options, Role role, std::int32_t partitions = 1);

}  // namespace headwater::kafka
