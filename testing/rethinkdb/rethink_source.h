// RethinkDB as a source for the disasters.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "testing/rethinkdb/rethink_server.h"
#include "testing/rethinkdb/rethink_witness.h"
#include "testing/rig/source_under_test.h"

namespace headwater::rig {

/// One table of orders, shop.orders, because a relay follows one. Its program marks what it deletes.
class RethinkSource : public SourceUnderTest, public ServerUnderTest {
 public:
  explicit RethinkSource(Harm harm);

  [[nodiscard]] std::string configuration(const std::string& keys) const override;

  Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) override;
  void insert_orders(int count, std::size_t note_bytes) override;
  bool place_orders(int count) override;
  int submit_order(int number) override;
  [[nodiscard]] bool has_order(int number) override;

  void begin() override;
  [[nodiscard]] std::vector<std::string> changes() override { return witness_->ids(); }
  [[nodiscard]] std::uint64_t committed() override { return witness_->count(); }
  [[nodiscard]] std::string difference(const std::vector<std::string>& ids,
                                       std::size_t joined) override;
  /// A row has them.
  [[nodiscard]] bool leaves_out_changes() const override { return placed_ > 0; }
  [[nodiscard]] std::string read_difference(const std::vector<std::string>& ids) override;
  [[nodiscard]] std::string copy_difference(const std::string& copy) override;
  /// The journal forgets what is in the stream.
  [[nodiscard]] bool can_tell_again() const override { return false; }
  /// A write is a change of one document.
  [[nodiscard]] bool names_transactions() const override { return false; }
  [[nodiscard]] bool has_sync_document() const override { return false; }

  ServerUnderTest* server() override { return this; }
  void keep_backup() override;
  void go_back() override;
  /// Somebody removes the write hook, and it is noticed later.
  void lose_history(Pipeline& pipeline) override;

  [[nodiscard]] int slowness() const override { return 3; }
  [[nodiscard]] int lives() const override { return 60; }

  TcpProxy& proxy() override { return *proxy_; }
  void kill_server() override;
  void start_server() override;
  void pause_server() override { server_.pause(); }
  void resume_server() override { server_.resume(); }

  [[nodiscard]] RethinkServer& rethinkdb() { return server_; }
  /// What happens from here on, a changefeed cannot see.
  void lose_sight() { witness_->lose_sight(); }
  /// The ids of changes that were acknowledged to writers.
  [[nodiscard]] std::vector<std::string> acknowledged() { return witness_->acknowledged(); }

 private:
  RethinkServer server_;
  std::optional<TcpProxy> proxy_;
  std::optional<RethinkWitness> witness_;
  TemporaryFolder backup_;
  int batches_ = 0;
  int placed_ = 0;              // by place_orders()
  std::set<std::string> read_;  // keys in a snapshot
};

/// A real server if there is one, or else the stand-in.
[[nodiscard]] std::vector<SourceKind> rethinkdb_sources();

}  // namespace headwater::rig
