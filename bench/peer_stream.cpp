#include "bench/peer_stream.h"

#include <hiredis.h>
#include <nats/nats.h>

#include "bench/debezium.h"
#include "bench/process.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"
#include "testing/nats/nats_server.h"
#include "testing/redis/redis_server.h"

namespace headwater::bench {
namespace {

using Take = std::function<void(std::string_view)>;
using Lines = std::vector<std::string>;

Lines operator+(Lines lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

struct HangUp {
  void operator()(natsConnection* it) const { natsConnection_Destroy(it); }
  void operator()(jsCtx* it) const { jsCtx_Destroy(it); }
  void operator()(natsSubscription* it) const { natsSubscription_Destroy(it); }
  void operator()(natsMsg* it) const { natsMsg_Destroy(it); }
};
template <class Handle>
using Held = std::unique_ptr<Handle, HangUp>;

std::string_view data_of(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

/// Ends as its members do, from the last to the first: cnats before 3.6.1 may be processing a message
/// for a subscription until the connection is closed.
struct NatsLink {
  explicit NatsLink(const std::string& url) {
    natsConnection* opened = nullptr;
    natsConnection_ConnectTo(&opened, url.c_str());
    connection.reset(opened);
    jsCtx* made = nullptr;
    natsConnection_JetStream(&made, opened, nullptr);
    jetstream.reset(made);
  }

  Held<natsSubscription> reading;
  Held<natsConnection> connection;
  Held<jsCtx> jetstream;
};

class NatsPeerStream final : public PeerStream {
 public:
  NatsPeerStream(const std::filesystem::path& folder, Lines fast_sink)
      : server_({.data = folder}), fast_sink_(std::move(fast_sink)) {}

  [[nodiscard]] std::string for_headwater() const override {
    return "nats: { url: '" + server_.url() + "' }";
  }
  [[nodiscard]] Lines for_debezium() const override {
    return Lines{"debezium.sink.type=nats-jetstream",
                 "debezium.sink.nats-jetstream.url=" + server_.url(),
                 "debezium.sink.nats-jetstream.create-stream=true",
                 "debezium.sink.nats-jetstream.storage=file",
                 std::string("debezium.sink.nats-jetstream.subjects=") +
                     DebeziumSource::destination} +
           fast_sink_;
  }

  std::optional<std::string> newest(Relay relay) override {
    natsMsg* found = nullptr;
    js_GetLastMsg(&found, link_.jetstream.get(), stream(relay), subject(relay), nullptr, nullptr);
    const Held<natsMsg> message(found);
    if (!message) return std::nullopt;
    return std::string(data_of(message.get()));
  }

  Result<void> read(Relay relay, const Take& take) override {
    NatsLink link(server_.url());
    natsMsg* found = nullptr;
    js_GetLastMsg(&found, link.jetstream.get(), stream(relay), subject(relay), nullptr, nullptr);
    const Held<natsMsg> last(found);
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = stream(relay);
    options.Ordered = true;
    natsSubscription* reading = nullptr;
    js_SubscribeSync(&reading, link.jetstream.get(), subject(relay), nullptr, &options, nullptr);
    link.reading.reset(reading);
    if (!last || !link.reading) return fail(bench_error("NATS: the stream cannot be read"));
    const std::uint64_t end = natsMsg_GetSequence(last.get());
    for (std::uint64_t at = 0; at < end;) {
      natsMsg* next = nullptr;
      natsSubscription_NextMsg(&next, reading, longest_silence_ms);
      const Held<natsMsg> message(next);
      jsMsgMetaData* place = nullptr;
      if (!message || natsMsg_GetMetaData(&place, next) != NATS_OK) {
        return fail(bench_error("NATS: no message came after " + std::to_string(at)));
      }
      at = place->Sequence.Stream;
      jsMsgMetaData_Destroy(place);
      take(data_of(next));
    }
    return {};
  }

 private:
  static constexpr std::int64_t longest_silence_ms = 60'000;
  static const char* stream(Relay relay) {
    return relay == Relay::headwater ? "EVENTS" : "DebeziumStream";
  }
  static const char* subject(Relay relay) {
    return relay == Relay::headwater ? "events.>" : DebeziumSource::destination;
  }

  rig::NatsServer server_;
  Lines fast_sink_;
  NatsLink link_{server_.url()};
};

class RedisPeerStream final : public PeerStream {
 public:
  RedisPeerStream(const std::filesystem::path& folder, Lines fast_sink)
      : server_({.data = folder}), fast_sink_(std::move(fast_sink)) {}

  [[nodiscard]] std::string for_headwater() const override {
    return "redis: { url: '" + server_.url() + "' }";
  }
  [[nodiscard]] Lines for_debezium() const override {
    return Lines{"debezium.sink.type=redis", "debezium.sink.redis.address=" + server_.host()} +
           fast_sink_;
  }

  std::optional<std::string> newest(Relay relay) override {
    const auto answer = server_.command({"XREVRANGE", key(relay), "+", "-", "COUNT", "1"});
    if (answer->elements == 0) return std::nullopt;
    return std::string(data_in(*answer->element[0]));
  }

  Result<void> read(Relay relay, const Take& take) override {
    std::string from = "-";
    for (;;) {
      const auto answer = server_.command({"XRANGE", key(relay), from, "+", "COUNT", "1000"});
      if (answer->type != REDIS_REPLY_ARRAY) return fail(bench_error("Redis: no entries came"));
      if (answer->elements == 0) return {};
      for (std::size_t i = 0; i < answer->elements; ++i) take(data_in(*answer->element[i]));
      from = std::string("(") + answer->element[answer->elements - 1]->element[0]->str;
    }
  }

 private:
  static const char* key(Relay relay) {
    return relay == Relay::headwater ? "events" : DebeziumSource::destination;
  }
  static std::string_view text(const redisReply& reply) { return {reply.str, reply.len}; }
  /// Headwater's field "data"; Debezium's only field, whose name is the row's key.
  static std::string_view data_in(const redisReply& entry) {
    const redisReply& fields = *entry.element[1];
    for (std::size_t i = 0; i + 1 < fields.elements; i += 2) {
      if (text(*fields.element[i]) == "data") return text(*fields.element[i + 1]);
    }
    return fields.elements < 2 ? "" : text(*fields.element[1]);
  }

  rig::RedisServer server_;
  Lines fast_sink_;
};

class KafkaPeerStream final : public PeerStream {
 public:
  KafkaPeerStream(const std::filesystem::path& folder, Lines fast_sink)
      : broker_(folder), shell_(broker_.direct()), fast_sink_(std::move(fast_sink)) {
    shell_.create_topic(DebeziumSource::destination, 1);
  }

  [[nodiscard]] std::string for_headwater() const override {
    return "kafka: { brokers: '" + broker_.direct() + "', topic: " + topic(Relay::headwater) + " }";
  }
  [[nodiscard]] Lines for_debezium() const override {
    const std::string producer = "debezium.sink.kafka.producer.";
    const std::string serializer =
        "serializer=org.apache.kafka.common.serialization.StringSerializer";
    return Lines{"debezium.sink.type=kafka", producer + "bootstrap.servers=" + broker_.direct(),
                 producer + "key." + serializer, producer + "value." + serializer} +
           fast_sink_;
  }

  std::optional<std::string> newest(Relay relay) override {
    const auto record = shell_.last(topic(relay));
    return record ? record->value : std::nullopt;
  }

  Result<void> read(Relay relay, const Take& take) override {
    shell_.each_record(topic(relay), 0, [&](const rig::KafkaShell::Record& record) {
      take(record.value.value_or(""));
    });
    return {};
  }

 private:
  static std::string topic(Relay relay) {
    return relay == Relay::headwater ? "events" : DebeziumSource::destination;
  }

  rig::KafkaBroker broker_;
  rig::KafkaShell shell_;
  Lines fast_sink_;
};

template <class Stream>
std::unique_ptr<PeerStream> start(const std::filesystem::path& folder, const Lines& fast_sink) {
  return std::make_unique<Stream>(folder, fast_sink);
}

}  // namespace

std::vector<PeerStreamKind> peer_streams() {
  return {{"nats",
           {"debezium.sink.nats-jetstream.async.enabled=true",
            "debezium.sink.nats-jetstream.async.timeout.ms=60000"},
           start<NatsPeerStream>},
          {"redis", {"debezium.sink.redis.batch.size=2000"}, start<RedisPeerStream>},
          {"kafka",
           {"debezium.sink.kafka.producer.linger.ms=5",
            "debezium.sink.kafka.producer.batch.size=1000000"},
           start<KafkaPeerStream>}};
}

}  // namespace headwater::bench
