#include "testing/kafka/open_transaction.h"

#include <array>

#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

constexpr int timeout_ms = 30'000;

void require(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  const std::string text = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  give_up(text);
}

}  // namespace

OpenTransaction::OpenTransaction(const std::string& brokers, const std::string& id) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> text{};
  for (const auto& [name, value] :
       {std::pair<std::string, std::string>("bootstrap.servers", brokers),
        {"transactional.id", id},
        {"linger.ms", "0"}}) {
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size());
  }
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
  if (producer_ == nullptr) give_up(text.data());
  require(rd_kafka_init_transactions(producer_, timeout_ms));
  require(rd_kafka_begin_transaction(producer_));
}

OpenTransaction::~OpenTransaction() {
  if (producer_ == nullptr) return;
  if (rd_kafka_error_t* error = rd_kafka_abort_transaction(producer_, timeout_ms)) {
    rd_kafka_error_destroy(error);
  }
  rd_kafka_destroy(producer_);
}

void OpenTransaction::write(const std::string& topic, std::int32_t partition,
                            const std::string& key,
                            const std::vector<std::pair<std::string, std::string>>& headers) {
  rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
  for (const auto& [name, value] : headers) {
    rd_kafka_header_add(list, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
  }
  // The macros of rd_kafka_producev() use C casts, which this build forbids.
  std::array<rd_kafka_vu_t, 6> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {const_cast<char*>(key.data()), key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[4].u.mem = {const_cast<char*>("{}"), 2};
  fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[5].u.headers = list;
  require(rd_kafka_produceva(producer_, fields.data(), fields.size()));
  if (const auto code = rd_kafka_flush(producer_, timeout_ms)) give_up(rd_kafka_err2str(code));
}

void OpenTransaction::commit() { end(&rd_kafka_commit_transaction); }
void OpenTransaction::abort() { end(&rd_kafka_abort_transaction); }

void OpenTransaction::end(rd_kafka_error_t* (*how)(rd_kafka_t*, int)) {
  require(how(producer_, timeout_ms));
  rd_kafka_destroy(std::exchange(producer_, nullptr));
}

}  // namespace headwater::rig
