// PostgreSQL as a source for the disasters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/postgresql/postgres_server.h"
#include "testing/postgresql/postgres_witness.h"
#include "testing/rig/source_under_test.h"

namespace headwater::rig {

/// A shop with orders, items and customers. changes() reads a second slot without the product's
/// code.
class PostgresSource : public SourceUnderTest, public ServerUnderTest {
 public:
  explicit PostgresSource(Harm harm);
  ~PostgresSource() override;

  [[nodiscard]] std::string configuration(const std::string& keys) const override;

  Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) override;
  void insert_orders(int count, std::size_t note_bytes) override;
  bool place_orders(int count) override;
  int submit_order(int number) override;
  [[nodiscard]] bool has_order(int number) override;

  void begin() override;
  [[nodiscard]] std::vector<std::string> changes() override;
  [[nodiscard]] std::string difference(const std::vector<std::string>& ids,
                                       std::size_t joined) override;
  [[nodiscard]] bool leaves_out_changes() const override { return placed_ > 0; }
  [[nodiscard]] std::string read_difference(const std::vector<std::string>& ids) override;
  [[nodiscard]] std::string copy_difference(const std::string& copy) override;

  /// A slot is read by one.
  [[nodiscard]] bool has_one_reader() const override { return true; }

  ServerUnderTest* server() override { return this; }
  void keep_backup() override;
  void go_back() override;
  void lose_history(Pipeline& pipeline) override;

  [[nodiscard]] PostgresServer& postgres() { return *server_; }
  [[nodiscard]] const std::string& database() const { return name_; }
  /// What configuration() names as `uri` from here on.
  void set_relay_uri(std::string uri) { relay_uri_ = std::move(uri); }

  /// From here on, configuration() names a standby too. Only for Harm::server.
  void add_standby();
  /// Blocks until the standby has everything that the primary has.
  void catch_up_standby() { standby_->catch_up_with(*own_); }
  /// The standby gets no more of the primary's changes.
  void stop_standby() { standby_->stop(); }
  /// Kills the primary and promotes the standby.
  void fail_over();

  [[nodiscard]] int slowness() const override { return 3; }
  [[nodiscard]] int lives() const override { return 60; }

  TcpProxy& proxy() override { return *proxy_; }
  void kill_server() override { server_->kill(); }
  void start_server() override { server_->start(); }
  void pause_server() override;
  void resume_server() override;

  [[nodiscard]] std::string address() const { return server_->address(name_); }

 private:
  [[nodiscard]] std::string relay_uri() const;
  void pause_all(bool paused);

  std::unique_ptr<PostgresServer> own_;
  std::unique_ptr<PostgresServer> standby_;
  PostgresServer* server_;
  std::string name_;       // of the database; the relay's slot has it, too
  std::string relay_uri_;  // empty: this is not tested
  std::optional<TcpProxy> proxy_;
  TemporaryFolder backup_;
  std::optional<PostgresWitness> witness_;
  int batches_ = 0;
  int placed_ = 0;  // by place_orders()
  std::vector<pid_t> paused_;
};

[[nodiscard]] std::vector<SourceKind> postgresql_sources();

}  // namespace headwater::rig
