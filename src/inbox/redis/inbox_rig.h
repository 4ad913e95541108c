// The inbox in Redis that the tests use. Private to them.
#pragma once

#include <hiredis.h>

#include "src/inbox/redis/shared_server.h"
#include "src/inbox/redis/test_connection.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {

class RedisInboxRig : public InboxRig {
 public:
  [[nodiscard]] OpenInbox open() const override { return &open_redis; }
  [[nodiscard]] std::string address() const override { return std::to_string(server_.port()); }
  [[nodiscard]] std::string table() const override { return "inbox"; }
  [[nodiscard]] std::string child() const override { return HEADWATER_INBOX_CHILD; }

  std::vector<std::string> effects() override {
    return texts({"LRANGE", "inbox:effects", "0", "-1"});
  }
  std::size_t remembered() override {
    return static_cast<std::size_t>(server_.command({"ZCARD", "{inbox}:ids"})->integer);
  }
  void age(std::chrono::seconds by) override {
    for (const auto& mark : texts({"ZRANGE", "{inbox}:marks", "0", "-1"})) {
      server_.command({"ZINCRBY", "{inbox}:marks", std::to_string(-by.count()), mark});
    }
  }
  void put_other_shape() override { server_.command({"SET", "inbox", "mail"}); }
  void remove_name() override { server_.command({"DEL", "inbox"}); }

 private:
  std::vector<std::string> texts(const std::vector<std::string>& command) {
    const auto answer = server_.command(command);
    std::vector<std::string> all;
    for (std::size_t i = 0; i < answer->elements; ++i) all.emplace_back(answer->element[i]->str);
    return all;
  }

  const rig::RedisServer& server_ = shared_redis();
};

}  // namespace headwater::testing
