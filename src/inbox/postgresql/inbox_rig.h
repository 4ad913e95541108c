// The inbox in PostgreSQL that the tests use. Private to them.
#pragma once

#include "src/inbox/postgresql/shared_server.h"
#include "src/inbox/postgresql/test_connection.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {

class PostgresInboxRig : public InboxRig {
 public:
  PostgresInboxRig() { run("CREATE TABLE " + table_ + "_effects (id text)"); }

  [[nodiscard]] OpenInbox open() const override { return &open_postgres; }
  [[nodiscard]] std::string address() const override { return shared_postgres().address(); }
  [[nodiscard]] std::string table() const override { return table_; }
  [[nodiscard]] std::string child() const override { return HEADWATER_INBOX_CHILD; }

  std::vector<std::string> effects() override {
    return run("SELECT id FROM " + table_ + "_effects");
  }
  std::size_t remembered() override { return run("SELECT id FROM " + table_).size(); }
  void age(std::chrono::seconds by) override {
    run("UPDATE " + table_ + " SET claimed_at = claimed_at - interval '" +
        std::to_string(by.count()) + " seconds'");
  }
  void put_other_shape() override {
    run("CREATE TABLE " + table_ + " (id integer PRIMARY KEY, mail text)");
  }
  void remove_name() override { run("DROP TABLE " + table_ + "_meta"); }

 private:
  std::vector<std::string> run(const std::string& sql) { return execute(connection_.get(), sql); }

  const std::string table_ = new_table();
  PostgresConnection connection_ = connect_postgres(shared_postgres().address());
};

}  // namespace headwater::testing
