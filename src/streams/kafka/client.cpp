#include "src/streams/kafka/client.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "src/streams/kafka/errors.h"

namespace headwater::kafka {
namespace {

using Setting = std::pair<const char*, const char*>;

constexpr std::array always{
    // A missing topic is a loss to report, and a topic created by brokers has their settings.
    Setting{"allow.auto.create.topics", "false"},
    // A broker that is back is found soon.
    Setting{"reconnect.backoff.ms", "50"},
    Setting{"reconnect.backoff.max.ms", "500"},
    Setting{"socket.timeout.ms", "4000"},
    Setting{"socket.connection.setup.timeout.ms", "4000"},
    Setting{"socket.nagle.disable", "true"},
    Setting{"topic.metadata.refresh.interval.ms", "60000"},
    Setting{"topic.metadata.refresh.sparse", "true"},
};
// transaction.timeout.ms: how long what a dead relay began can keep readers waiting, if none takes
// over. It is above message.timeout.ms, as librdkafka wants it, and above any append's patience.
constexpr std::array for_producer{
    Setting{"message.timeout.ms", "6000"},
    // Whoever sends flushes at once, or commits. What goes out sooner is a part of a batch, and the
    // library sends the next one only after the answer.
    Setting{"linger.ms", "100"},
    Setting{"retry.backoff.ms", "50"},
    // A commit first waits until all is delivered: a report wakes it, and without one the library
    // looks again only after 10 ms.
    Setting{"delivery.report.only.error", "false"},
    // Java's clients put a key in the same partition.
    Setting{"partitioner", "murmur2"},
    Setting{"queue.buffering.max.messages", "100000"},
};
constexpr std::array for_readers{
    Setting{"isolation.level", "read_committed"},  Setting{"enable.auto.commit", "false"},
    Setting{"enable.auto.offset.store", "false"},  Setting{"enable.partition.eof", "true"},
    Setting{"auto.offset.reset", "earliest"},      Setting{"fetch.error.backoff.ms", "50"},
    Setting{"fetch.message.max.bytes", "1048576"},
};

// A full queue is filled again only when the fetch that waits at the broker is answered, which is
// the positions' mostly: it must hold what is read meanwhile. 16 MiB in 50 ms is more than a reader
// can do. Each partition has a queue.
constexpr std::int32_t read_ahead_kib = 16'384;
constexpr std::int32_t least_read_ahead_kib = 1'024;
constexpr std::array for_followers{
    Setting{"fetch.wait.max.ms", "50"},
    Setting{"queued.min.messages", "100000"},
};
// One that asks must not be kept waiting by the broker for what may never come; and a partition
// that is started while a fetch waits is not asked for before that one is answered.
constexpr std::array for_askers{
    Setting{"fetch.wait.max.ms", "5"},
    Setting{"queued.min.messages", "1000"},
    Setting{"queued.max.messages.kbytes", "4096"},
};

constexpr std::array refused{
    Setting{"bootstrap.servers", "it is stream.kafka.brokers"},
    Setting{"metadata.broker.list", "it is stream.kafka.brokers"},
    Setting{"compression.codec", "it is stream.kafka.properties.compression.type"},
    Setting{"message.max.bytes", "it is stream.kafka.max_event"},
    Setting{"enable.idempotence", "it is always on"},
    Setting{"acks", "it is always all"},
    Setting{"request.required.acks", "it is always all"},
    Setting{"transactional.id", "it follows from the topic's name, and fences"},
    Setting{"transaction.timeout.ms", "it follows from how long an append may take"},
    Setting{"message.timeout.ms", "it follows from how long an append may take"},
    Setting{"delivery.timeout.ms", "it follows from how long an append may take"},
    Setting{"max.in.flight", "it keeps the order"},
    Setting{"max.in.flight.requests.per.connection", "it keeps the order"},
    Setting{"retries", "it keeps the order"},
    Setting{"message.send.max.retries", "it keeps the order"},
    Setting{"isolation.level", "it is always read_committed"},
    Setting{"allow.auto.create.topics", "headwater init makes them, with the settings they need"},
    Setting{"enable.partition.eof", "Headwater sets it"},
    Setting{"enable.auto.commit", "Headwater sets it"},
    Setting{"auto.offset.reset", "Headwater sets it"},
    Setting{"delivery.report.only.error", "Headwater sets it"},
    Setting{"partitioner", "it is always murmur2, as in Java's clients"},
};

Error bad_setting(const std::string& name, const std::string& why) {
  return {.name = "config.bad_value",
          .message = "stream.kafka.properties." + name + " " + why,
          .next = "see https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md"};
}

/// The library's own message may hold the value, and that may be a secret.
Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  const auto outcome =
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size());
  if (outcome == RD_KAFKA_CONF_OK) return {};
  return fail(bad_setting(name, outcome == RD_KAFKA_CONF_UNKNOWN
                                    ? "is no property that librdkafka knows"
                                    : "has a value that librdkafka does not take"));
}

template <std::size_t n>
Result<void> set_all(rd_kafka_conf_t* conf, const std::array<Setting, n>& settings) {
  for (const auto& [name, value] : settings) {
    if (auto done = set(conf, name, value); !done) return done;
  }
  return {};
}

/// Nothing goes to stderr: what matters comes as an error.
void no_log(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
            const char* /*text*/) {}

bool is_producer(Role role) { return role == Role::producer || role == Role::acknowledger; }

Result<void> set_role(rd_kafka_conf_t* conf, const Options& options, Role role,
                      std::int32_t partitions) {
  if (is_producer(role)) {
    if (auto done = set_all(conf, for_producer); !done) return done;
    // An append is 4 MiB, or one event.
    const std::size_t queue_kib = std::max<std::size_t>(65'536, options.max_event / 1024 * 2);
    if (auto done = set(conf, "queue.buffering.max.kbytes", std::to_string(queue_kib)); !done) {
      return done;
    }
    if (role == Role::acknowledger) return set(conf, "enable.idempotence", "true");
    if (auto done = set(conf, "transaction.timeout.ms", "30000"); !done) return done;
    return set(conf, "transactional.id", options.transactional_id());
  }
  if (auto done = set_all(conf, for_readers); !done) return done;
  if (role == Role::surveyor) {
    if (auto done = set(conf, "isolation.level", "read_uncommitted"); !done) return done;
  }
  if (role != Role::follower) return set_all(conf, for_askers);
  if (auto done = set_all(conf, for_followers); !done) return done;
  const auto each = std::max(read_ahead_kib / std::max(partitions, 1), least_read_ahead_kib);
  return set(conf, "queued.max.messages.kbytes", std::to_string(each));
}

}  // namespace

int Deadline::milliseconds() const {
  if (stopped()) return 0;
  const auto left = std::chrono::duration_cast<Milliseconds>(end_ - clock_->steady());
  return static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0));
}

std::string refusal(const std::string& property) {
  const auto* found = std::find_if(refused.begin(), refused.end(),
                                   [&](const Setting& one) { return one.first == property; });
  return found == refused.end() ? "" : found->second;
}

Result<void> check_property(const std::string& property, const std::string& value) {
  const Conf conf(rd_kafka_conf_new());
  return set(conf.get(), property, value);
}

Result<Conf> configure(const Options& options, Role role, std::int32_t partitions) {
  Conf conf(rd_kafka_conf_new());
  // librdkafka refuses less than 1,000 and more than 1,000,000,000.
  const std::size_t largest = std::clamp<std::size_t>(options.max_event, 1000, 1'000'000'000);
  const std::pair<const char*, std::string> own[] = {
      {"bootstrap.servers", options.brokers},
      {"client.id", "headwater"},
      {"message.max.bytes", std::to_string(largest)},
      {"receive.message.max.bytes",
       std::to_string(std::max<std::size_t>(largest * 2, 100'000'000))},
  };
  for (const auto& [name, value] : own) {
    if (auto done = set(conf.get(), name, value); !done) return failed(done);
  }
  if (auto done = set_all(conf.get(), always); !done) return failed(done);
  if (auto done = set_role(conf.get(), options, role, partitions); !done) return failed(done);
  for (const auto& [name, value] : options.properties) {
    if (auto done = set(conf.get(), name, value); !done) return failed(done);
  }
  rd_kafka_conf_set_log_cb(conf.get(), &no_log);
  return conf;
}

Result<std::unique_ptr<Client>> Client::open(const Options& options, Role role,
                                             std::int32_t partitions) {
  auto conf = configure(options, role, partitions);
  if (!conf) return failed(conf);
  std::unique_ptr<Client> client(new Client(options.brokers));
  rd_kafka_conf_set_opaque(conf->get(), client.get());
  rd_kafka_conf_set_error_cb(conf->get(), &Client::note_error);
  if (is_producer(role)) rd_kafka_conf_set_dr_msg_cb(conf->get(), &Client::note_delivery);
  std::array<char, 512> text{};
  const auto type = is_producer(role) ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
  client->handle_ = rd_kafka_new(type, conf->get(), text.data(), text.size());
  if (client->handle_ == nullptr) {
    return fail(hopeless("stream.bad_setting", "Kafka " + options.brokers + ": " + text.data(),
                         "correct stream.kafka.properties"));
  }
  (void)conf->release();  // the instance owns it now
  return client;
}

Client::~Client() {
  if (handle_ == nullptr) return;
  // What was not committed is not wanted any more, and must not keep the library waiting.
  if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER) {
    rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<Metadata> Client::metadata(const std::string& name, const Deadline& deadline) const {
  auto handle = topic(name);
  if (!handle) return failed(handle);
  const rd_kafka_metadata_t* raw = nullptr;
  const std::string what = "topic " + name;
  Attempts attempts(*this, deadline);
  auto code = rd_kafka_metadata(handle_, 0, handle->get(), &raw, attempts.milliseconds());
  while (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) {
    // The library itself would try a wrong password again and again.
    if (!attempts.again() || error(code, what).remedy == Remedy::stop) break;
    code = rd_kafka_metadata(handle_, 0, handle->get(), &raw, attempts.milliseconds());
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(error(code, what));
  answered();
  Metadata metadata(raw);
  if (metadata->topic_cnt != 1) return fail(unavailable("Kafka: nothing is known of " + what));
  const auto bad = metadata->topics[0].err;
  if (bad == RD_KAFKA_RESP_ERR_NO_ERROR) return metadata;
  Error why = error(bad, what);
  // The brokers' own answer.
  if (bad == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    why.remedy = Remedy::stop;
    why.name = "stream.not_prepared";
    why.next = "headwater init -c FILE";
  }
  return fail(std::move(why));
}

Result<Topic> Client::topic(const std::string& name) const {
  Topic topic(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  if (!topic) return fail(error(rd_kafka_last_error(), "topic " + name));
  return topic;
}

void Client::note_error(rd_kafka_t* /*handle*/, int code, const char* reason, void* self) {
  auto* client = static_cast<Client*>(self);
  const auto known = static_cast<rd_kafka_resp_err_t>(code);
  if (known == RD_KAFKA_RESP_ERR__TRANSPORT || known == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      known == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    ++client->disconnections_;
  }
  if (known == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) ++client->times_alone_;
  // That all brokers are down says less than why.
  if (known == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !client->last_reason_.empty()) return;
  client->last_code_ = known;
  client->last_reason_ = reason == nullptr ? "" : reason;
}

void Client::note_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* self) {
  auto* client = static_cast<Client*>(self);
  if (client->undelivered_ == RD_KAFKA_RESP_ERR_NO_ERROR) client->undelivered_ = message->err;
}

void Client::answered() const {
  rd_kafka_poll(handle_, 0);
  last_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  last_reason_.clear();
}

int Client::disconnections() const {
  rd_kafka_poll(handle_, 0);
  return disconnections_;
}

int Client::times_alone() const {
  rd_kafka_poll(handle_, 0);
  return times_alone_;
}

int Attempts::milliseconds() {
  const int part = std::min(next_ms_, deadline_->milliseconds());
  next_ms_ = std::min(next_ms_ * 2, longest_ms);
  return part;
}

Error Client::error(rd_kafka_resp_err_t code, const std::string& what) const {
  rd_kafka_poll(handle_, 0);
  const std::string where = "Kafka " + brokers_ + ": " + what;
  const bool vague =
      code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
      code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
      code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE;
  if (!vague || last_code_ == RD_KAFKA_RESP_ERR_NO_ERROR) return explain(code, where, "");
  const bool unanswered = broke_off(last_code_, last_reason_);
  Error explained = explain(unanswered ? code : last_code_, where, last_reason_);
  if (explained.next.empty()) explained.next = "start the broker, or correct stream.kafka.brokers";
  return explained;
}

Error Client::error(const rd_kafka_error_t& failure, const std::string& what) const {
  const auto code = rd_kafka_error_code(&failure);
  Error explained = error(code, what);
  const std::string text = rd_kafka_error_string(&failure);
  if (explained.message.find(text) == std::string::npos) explained.message += " (" + text + ")";
  return explained;
}

}  // namespace headwater::kafka
