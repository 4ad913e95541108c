#include "bench/bare_readers.h"

#include <hiredis.h>
#include <nats/nats.h>
#include <rdkafka.h>

#include <cstring>
#include <memory>
#include <utility>

#include "bench/workbench.h"
#include "src/sqlite/database.h"

namespace headwater::bench {
namespace {

constexpr int within_ms = 30'000;
constexpr int at_once = 1'000;

struct Close {
  void operator()(natsConnection* it) const { natsConnection_Destroy(it); }
  void operator()(jsCtx* it) const { jsCtx_Destroy(it); }
  void operator()(natsSubscription* it) const { natsSubscription_Destroy(it); }
  void operator()(rd_kafka_t* it) const { rd_kafka_destroy(it); }
  void operator()(rd_kafka_message_t* it) const { rd_kafka_message_destroy(it); }
};

}  // namespace

Result<void> read_by_select(const std::string& path, std::int64_t count) {
  auto database = sqlite::Database::open(path, sqlite::Open::read_only, Origin::stream);
  if (!database) return failed(database);
  auto select = database->prepare("SELECT id, data FROM event ORDER BY sequence");
  if (!select) return failed(select);
  std::size_t bytes = 0;
  std::int64_t seen = 0;
  for (auto row = select->step(); row && *row; row = select->step(), ++seen) {
    const std::string id(select->text(0));
    const std::string data(select->text(1));
    bytes += id.size() + data.size();
  }
  return seen == count && bytes > 0 ? Result<void>() : fail(bench_error("the file ends early"));
}

Result<void> read_by_xrange(int port, std::int64_t count) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> context(
      redisConnect("127.0.0.1", port), &redisFree);
  std::string from = "-";
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count;) {
    const std::unique_ptr<void, void (*)(void*)> answer(
        redisCommand(context.get(), "XRANGE events %s + COUNT %d", from.c_str(), at_once),
        &freeReplyObject);
    const auto* entries = static_cast<const redisReply*>(answer.get());
    if (entries == nullptr || entries->type != REDIS_REPLY_ARRAY || entries->elements == 0) {
      return fail(bench_error("XRANGE failed"));
    }
    for (std::size_t i = 0; i < entries->elements; ++i) {
      const redisReply* fields = entries->element[i]->element[1];
      bytes += fields->element[1]->len + fields->element[fields->elements - 1]->len;
    }
    seen += static_cast<std::int64_t>(entries->elements);
    from = std::string("(") + entries->element[entries->elements - 1]->element[0]->str;
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

Result<void> read_by_cnats(const std::string& url, std::int64_t count) {
  // Freed after the connection: cnats before 3.6.1 may be processing a message for it until then.
  std::unique_ptr<natsSubscription, Close> subscription;
  natsConnection* connected = nullptr;
  natsConnection_ConnectTo(&connected, url.c_str());
  const std::unique_ptr<natsConnection, Close> connection(connected);
  jsCtx* made = nullptr;
  natsConnection_JetStream(&made, connected, nullptr);
  const std::unique_ptr<jsCtx, Close> jetstream(made);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = "EVENTS";
  options.Ordered = true;
  natsSubscription* subscribed = nullptr;
  if (js_SubscribeSync(&subscribed, made, "events.>", nullptr, &options, nullptr) != NATS_OK) {
    return fail(bench_error("cannot subscribe"));
  }
  subscription.reset(subscribed);
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count; ++seen) {
    natsMsg* message = nullptr;
    if (natsSubscription_NextMsg(&message, subscribed, within_ms) != NATS_OK) {
      return fail(bench_error("no message"));
    }
    const char* id = nullptr;
    if (natsMsgHeader_Get(message, "ce-id", &id) != NATS_OK) return fail(bench_error("no id"));
    bytes += std::strlen(id) + static_cast<std::size_t>(natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
  }
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

Result<void> read_by_librdkafka(const std::string& brokers, const std::string& topic,
                                std::int64_t count) {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", brokers.c_str()},
                                    {"group.id", "bench"},
                                    {"enable.auto.commit", "false"},
                                    {"isolation.level", "read_committed"}}) {
    rd_kafka_conf_set(settings, name, value, nullptr, 0);
  }
  const std::unique_ptr<rd_kafka_t, Close> client(
      rd_kafka_new(RD_KAFKA_CONSUMER, settings, nullptr, 0));
  rd_kafka_poll_set_consumer(client.get());
  rd_kafka_topic_partition_list_t* from = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(from, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client.get(), from);
  rd_kafka_topic_partition_list_destroy(from);
  std::size_t bytes = 0;
  for (std::int64_t seen = 0; seen < count;) {
    const std::unique_ptr<rd_kafka_message_t, Close> message(
        rd_kafka_consumer_poll(client.get(), within_ms));
    if (!message) return fail(bench_error("no record"));
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    rd_kafka_headers_t* headers = nullptr;
    const void* id = nullptr;
    std::size_t id_size = 0;
    rd_kafka_message_headers(message.get(), &headers);
    if (rd_kafka_header_get_last(headers, "ce_id", &id, &id_size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(bench_error("no id"));
    }
    bytes += id_size + message->len;
    ++seen;
  }
  rd_kafka_consumer_close(client.get());
  return bytes > 0 ? Result<void>() : fail(bench_error("no bytes"));
}

}  // namespace headwater::bench
