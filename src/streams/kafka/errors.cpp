#include "src/streams/kafka/errors.h"

#include <array>
#include <string_view>

namespace headwater::kafka {
namespace {

using Known = streams::Known<rd_kafka_resp_err_t>;

constexpr const char* rights = "give the user the rights that docs/kafka.md lists: kafka-acls.sh";
constexpr const char* ask_again = "nothing: the brokers are asked again";
/// What needs a person. Codes: https://kafka.apache.org/protocol#protocol_error_codes and
/// rdkafka.h; whatever is not here may pass by itself.
constexpr std::array known{
    Known{RD_KAFKA_RESP_ERR__AUTHENTICATION, Remedy::stop, "stream.unauthorized",
          "correct sasl.mechanism, sasl.username and sasl.password in stream.kafka.properties"},
    Known{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Remedy::stop, "stream.unauthorized",
          "correct sasl.username and sasl.password in stream.kafka.properties"},
    Known{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Remedy::stop, "stream.unauthorized",
          rights},
    Known{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Remedy::stop, "stream.unauthorized",
          rights},
    Known{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Remedy::stop,
          "stream.unauthorized", rights},
    Known{RD_KAFKA_RESP_ERR__SSL, Remedy::stop, "stream.untrusted",
          "name the authority that signed the broker's certificate: ssl.ca.location in "
          "stream.kafka.properties"},
    // A client whose metadata is gone knows no topic, nor does a broker that has just come back.
    // That it is not there is said by Client::metadata() alone.
    Known{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Remedy::retry, "stream.topic_unknown",
          ask_again},
    Known{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Remedy::retry, "stream.topic_unknown", ask_again},
    Known{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Remedy::retry, "stream.topic_unknown", ask_again},
    Known{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Remedy::stop, "stream.event_too_large",
          "raise the topic's max.message.bytes (kafka-configs.sh) and stream.kafka.max_event, or "
          "set max_change of the source below that and on_large_change: gap"},
    Known{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, Remedy::stop, "stream.bad_setting",
          "raise the broker's transaction.max.timeout.ms to 30000 or more"},
    // What librdkafka makes of NOT_ENOUGH_REPLICAS once it has tried for long.
    Known{RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Remedy::retry, "stream.unavailable",
          "see whether enough replicas are in sync: kafka-topics.sh --describe"},
    Known{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Remedy::retry, "stream.too_few_replicas",
          "see which replicas are in sync: kafka-topics.sh --describe"},
    Known{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Remedy::retry,
          "stream.too_few_replicas", "see which replicas are in sync: kafka-topics.sh --describe"},
};

}  // namespace

Error explain(rd_kafka_resp_err_t code, const std::string& what, const std::string& reason) {
  const std::string message = what + ": " + (reason.empty() ? rd_kafka_err2str(code) : reason);
  const auto* row = find_code(known, code);
  return row != nullptr ? row->error(message) : unavailable(message);
}

bool broke_off(rd_kafka_resp_err_t code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__SSL) return reason.find("certificate") == std::string_view::npos;
  // The library names its own reasons so; a broker's begin with "Broker: ", or are its own words.
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    return reason.find("Local: ") != std::string_view::npos;
  }
  return false;
}

bool is_fenced(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

Error undecided(const std::string& topic) {
  return streams::retry_later(
      "stream.undecided",
      "Kafka: a transaction of another producer is open in topic " + topic +
          ": what comes behind it cannot be seen",
      "nothing, if it ends soon; else see whose it is: kafka-transactions.sh "
      "--bootstrap-server HOST:PORT describe-producers --topic " +
          topic + " --partition 0; docs/kafka.md, \"stream.undecided\"");
}

}  // namespace headwater::kafka
