// A MongoDB server with a backlog of changes, and the relay's configuration for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "bench/process.h"
#include "bench/workbench.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "testing/mongodb/mongo_server.h"

namespace headwater::bench {

/// A real mongod if one is found, otherwise SecantusDB.
class MongoSite {
 public:
  /// `oplog`: its size in MiB (SecantusDB: in changes).
  static Result<std::unique_ptr<MongoSite>> create(const Options& options, const std::string& name,
                                                   std::uint64_t oplog);
  ~MongoSite();

  [[nodiscard]] bool real() const { return real_; }
  [[nodiscard]] std::string uri() const { return server_->uri(); }
  [[nodiscard]] const rig::MongoServer& server() const { return *server_; }
  [[nodiscard]] std::string stream() const { return (folder_ / "events.db").string(); }
  [[nodiscard]] std::string config() const { return (folder_ / "headwater.yaml").string(); }

  /// Replaces the configuration, which by default has one relay of shop.orders.
  void configure(const std::string& yaml) const;
  /// Runs `headwater init`: the relay starts here.
  Result<void> init() const;
  /// Copies the stream, for rewind().
  Result<void> keep_beginning() const;
  /// Restores the copy of keep_beginning().
  Result<void> rewind() const;
  [[nodiscard]] Result<Ended> drain() const;
  /// The same. Returns when event `last` was readable; the program needs up to half a second more
  /// to disconnect from the server.
  [[nodiscard]] Result<SteadyTime> drain_until_readable(std::int64_t last) const;
  [[nodiscard]] Result<Process> run() const;

  /// Of ten changes, six are inserts of 200 bytes or 1 KB, three are updates, one is a delete.
  void fill_mixed(std::int64_t changes) const;
  /// Inserts of 1 KB.
  void fill_large(std::int64_t changes) const;
  /// Inserts of 1 KB into `parts` collections in turn: shop.part0, shop.part1, … The field `cut`
  /// splits the documents into `parts` parts across the collections.
  void fill_parts(std::int64_t changes, int parts) const;
  /// The number of events in the stream.
  [[nodiscard]] Result<std::int64_t> events() const;
  /// The cluster time just after init().
  [[nodiscard]] rig::ClusterTime start() const { return start_; }

 private:
  MongoSite(std::filesystem::path program, std::filesystem::path folder);
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "headwater.log"; }

  std::filesystem::path program_;
  std::filesystem::path folder_;
  bool real_ = false;
  std::unique_ptr<rig::MongoServer> server_;
  mutable rig::ClusterTime start_{};
};

/// Reads `changes` changes from `start` on with libmongoc's change stream, and drops them.
Result<void> read_bare(const std::string& uri, rig::ClusterTime start, std::int64_t changes);

}  // namespace headwater::bench
