// MongoDB as a source for the disasters.
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
  /// Must outlive the source. Null: a server that fits the harm.
  MongoServer* server = nullptr;
  /// For the test itself, if the deployment is not a single server.
  std::string uri{};
  std::string watch = "shop.orders";
  /// More keys of the source, each after a comma.
  std::string keys{};
  /// Whether to publish pre- and post-images, if the server has them.
  bool images = false;
  /// The witness watches only what the relay watches, so that it sees the same invalidate events.
  /// changes() then inserts a document into that.
  bool same_view = false;
};

/// The collections are shop.orders and shop.stock. changes() reads a change stream without the
/// product's code.
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

  TcpProxy& proxy() override { return *proxy_; }
  void kill_server() override { mongo().kill(); }
  void start_server() override { mongo().start(); }
  void pause_server() override { mongo().pause(); }
  void resume_server() override { mongo().resume(); }

  [[nodiscard]] MongoServer& mongo() { return *server_; }
  [[nodiscard]] const std::string& uri() const { return uri_; }
  /// Relays use this address after the next Pipeline::configure_source().
  void set_relay_uri(std::string uri) { relay_uri_ = std::move(uri); }
  /// changes() starts again: with the next change, or at this time.
  void restart_witness();
  void restart_witness(ClusterTime start);

 private:
  MongoShell& shell();

  MongoSourceOptions options_;
  std::unique_ptr<MongoServer> own_;
  MongoServer* server_;  // null: options_.uri names several servers
  std::string uri_;
  std::string relay_uri_;
  std::optional<TcpProxy> proxy_;
  TemporaryFolder backup_;
  std::optional<Witness> witness_;
  int marks_ = 0;                      // documents inserted for the witness to find
  std::int64_t next_order_ = 0;        // larger than the ids that the writers use
  std::unique_ptr<MongoShell> shell_;  // submits and inserts orders
  /// Keeps bulk updates and transactions of the writers apart. On SecantusDB 0.7 they deadlock: the
  /// update locks the collection and waits for the transaction, which waits for that lock. A mongod
  /// makes one of them retry.
  std::shared_mutex bulk_lock_;
};

/// For a test's own server.
[[nodiscard]] MakeSource mongo_source(const MongoSourceOptions& options);

/// SecantusDB, and a real mongod if there is one.
[[nodiscard]] std::vector<SourceKind> mongodb_sources();

}  // namespace headwater::rig
