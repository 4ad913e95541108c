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

/// The moment by which a call has to be back.
class Deadline {
 public:
  /// Is over at once when `stop` is requested.
  Deadline(const Clock& clock, Milliseconds within, std::stop_token stop = {})
      : clock_(&clock), within_(within), end_(clock.steady() + within), stop_(std::move(stop)) {}
  /// As long, from now on: for the next of several things that may each take so long.
  [[nodiscard]] Deadline anew() const { return {*clock_, within_, stop_}; }
  /// Never negative, which librdkafka takes for ever.
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
  asker,         ///< Reads what is there and admits soon that there is no more.
  follower,      ///< Waits at the broker for what is to come.
  surveyor,      ///< Like asker, but of what is undecided as well.
  acknowledger,  ///< Writes single records, in no transaction.
};

/// One instance of the library, with its threads and connections. One thread at a time.
class Client {
 public:
  static Result<std::unique_ptr<Client>> open(const Options& options, Role role);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] rd_kafka_t* handle() const { return handle_; }
  Result<Topic> topic(const std::string& name) const;
  /// What the brokers know of this topic, as the first of Metadata::topics. Fails with
  /// `stream.not_prepared` if it is not there.
  Result<Metadata> metadata(const std::string& topic, const Deadline& deadline) const;

  /// What `code` means here. The library often says no more than that time is over; it has said
  /// why in its error events, which this looks at.
  [[nodiscard]] Error error(rd_kafka_resp_err_t code, const std::string& what) const;
  [[nodiscard]] Error error(const rd_kafka_error_t& failure, const std::string& what) const;

  /// A broker has answered: whatever error event came before explains nothing that comes later.
  void answered() const;

  /// How often a connection has broken or could not be made, since open().
  [[nodiscard]] int disconnections() const;
  /// How often it was found, since open(), that no broker can be reached.
  [[nodiscard]] int times_alone() const;
  /// The first record that could not be delivered.
  [[nodiscard]] rd_kafka_resp_err_t undelivered() const { return undelivered_; }

 private:
  explicit Client(std::string brokers) : brokers_(std::move(brokers)) {}
  static void note_error(rd_kafka_t* handle, int code, const char* reason, void* self);
  static void note_delivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);

  std::string brokers_;
  rd_kafka_t* handle_ = nullptr;
  // Set by callbacks, which the library makes from within calls of this thread. What explains an
  // error is no part of what a client is: mutable.
  mutable rd_kafka_resp_err_t last_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  mutable std::string last_reason_;
  int disconnections_ = 0;
  int times_alone_ = 0;
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

/// A call in parts, each longer than the one before: that no broker can be reached is found out
/// between them and not only when the deadline is over.
class Attempts {
 public:
  enum class Until {
    alone,         ///< No broker can be reached.
    disconnected,  ///< A connection breaks: for what can be taken up again where it was left.
  };
  Attempts(const Client& client, const Deadline& deadline, Until until = Until::alone)
      : client_(&client), deadline_(&deadline), until_(until), failures_before_(failures()) {}
  /// For the next part. Begins with short ones again after restart().
  [[nodiscard]] int milliseconds();
  void restart() { next_ms_ = first_ms; }
  /// After a part in vain: whether another makes sense.
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
Result<Conf> configure(const Options& options, Role role);

}  // namespace headwater::kafka
