// The inbox in MongoDB that the tests use. Private to them.
#pragma once

#include "src/inbox/mongodb/shared_database.h"
#include "src/inbox/mongodb/test_connection.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {

class MongoInboxRig : public InboxRig {
 public:
  [[nodiscard]] OpenInbox open() const override { return &open_mongodb; }
  [[nodiscard]] std::string address() const override { return database_.uri(); }
  [[nodiscard]] std::string table() const override { return "inbox"; }
  [[nodiscard]] std::string child() const override { return HEADWATER_INBOX_CHILD; }

  std::vector<std::string> effects() override {
    std::vector<std::string> ids;
    for (const auto& document : database_.shell().documents("consumer.inbox_effects")) {
      ids.emplace_back(mongodb::find_text(document.get(), "id").value_or(""));
    }
    return ids;
  }
  std::size_t remembered() override { return database_.ids().size(); }
  void age(std::chrono::seconds by) override { database_.age(by); }
  void put_other_shape() override {
    database_.shell().insert("consumer.inbox", rig::json(R"({"_id": 1, "mail": "hello"})"));
  }
  void remove_name() override {
    database_.shell().remove("consumer.inbox", rig::json(R"({"_id": "headwater"})"));
  }
  void end_transactions() override {
    database_.shell().command("admin", R"({"killAllSessions": []})");
  }
  [[nodiscard]] int races() const override { return 15; }

 private:
  InboxDatabase database_;
};

}  // namespace headwater::testing
