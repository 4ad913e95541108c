// MongoDB as the disasters see it.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "testing/mongodb/mongo_server.h"
#include "testing/mongodb/witness.h"
#include "testing/rig/source_under_test.h"

namespace headwater::rig {

struct MongoSourceOptions {
  MongoKind kind = MongoKind::secantus;
  /// Which must outlive the source. Null: one that fits the harm.
  MongoServer* server = nullptr;
  /// The test's own way to the deployment, where it is not one server.
  std::string uri{};
  std::string watch = "shop.orders";
  /// More keys of the source, each with a comma before it.
  std::string keys{};
  /// Documents before and after changes, where the server has them.
  bool images = false;
  /// The witness looks at no more than the relay does, and so sees what the server says of that
  /// alone: that it is invalid. changes() then inserts a document into what is watched.
  bool same_view = false;
};

/// shop.orders and shop.stock. changes() are those of another program's change stream.
class MongoSource final : public SourceUnderTest, public ServerUnderTest {
 public:
  MongoSource(const MongoSourceOptions& options, Harm harm);

  [[nodiscard]] std::string configuration(const std::string& keys) const override;

  Result<std::unique_ptr<Writer>> writer(std::uint64_t seed) override;
  void insert_orders(int count, std::size_t note_bytes) override;
  bool place_orders(int count) override;
  int submit_order(int number) override;
  [[nodiscard]] bool has_order(int number) override;

  void begin() override;
  [[nodiscard]] std::vector<std::string> changes() override;
  [[nodiscard]] std::string read_difference(const std::vector<std::string>& ids) override;
  [[nodiscard]] std::string copy_difference(const std::string& copy) override;

  ServerUnderTest* server() override { return this; }
  void keep_backup() override;
  void go_back() override;
  void lose_history(Pipeline& pipeline) override;

  [[nodiscard]] int slowness() const override { return 3; }
  [[nodiscard]] int lives() const override { return 80; }

  TcpProxy& way() override { return *way_; }
  void kill_server() override { mongo().kill(); }
  void start_server() override { mongo().start(); }
  void pause_server() override { mongo().pause(); }
  void resume_server() override { mongo().resume(); }

  [[nodiscard]] MongoServer& mongo() { return *server_; }
  [[nodiscard]] const std::string& uri() const { return uri_; }
  /// From the next Pipeline::configure_source() on the relays take this way.
  void lead_relays(std::string uri) { relays_uri_ = std::move(uri); }
  /// changes() begin again: with the next one, or at this time.
  void restart_witness();
  void restart_witness(ClusterTime start);

 private:
  MongoShell& shell();

  MongoSourceOptions options_;
  std::unique_ptr<MongoServer> own_;
  MongoServer* server_;  // null: options_.uri leads to several
  std::string uri_;
  std::string relays_uri_;
  std::optional<TcpProxy> way_;
  TemporaryFolder backup_;
  std::optional<Witness> witness_;
  int marks_ = 0;                      // that the witness was led to
  std::int64_t next_order_ = 0;        // above those that the writers know
  std::unique_ptr<MongoShell> shell_;  // of the client that submits and inserts orders
  /// SecantusDB 0.7 keeps a collection locked while an update of many waits for a transaction,
  /// which waits for that lock in turn, for ever. A mongod lets the one or the other try again.
  std::shared_mutex apart_;
};

/// With a server that a test has.
[[nodiscard]] MakeSource mongo_source(const MongoSourceOptions& options);

/// On SecantusDB, and on a real mongod where there is one.
[[nodiscard]] std::vector<SourceKind> mongodb_sources();

}  // namespace headwater::rig
