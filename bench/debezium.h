// Debezium Server and the PostgreSQL database that it reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "testing/postgresql/postgres_server.h"
#include "testing/rig/process.h"

namespace headwater::bench {

/// Where `./dev bench peers` has put the programs (bench/peers.sh).
struct DebeziumPrograms {
  std::filesystem::path java;
  std::filesystem::path server;  ///< Debezium Server's distribution, unpacked.

  /// nullopt: there are none, because this machine has no Java that is new enough, or because
  /// nobody has looked.
  static std::optional<DebeziumPrograms> find();
  /// "Debezium Server 3.6.1.Final on Java 25.0.1".
  [[nodiscard]] std::string version() const;
};

/// A table of PostgreSQL with the changes that fill() makes in SQLite, each a transaction.
class DebeziumSource {
 public:
  /// The topic, subject or key that Debezium gives the table's events.
  static constexpr const char* destination = "peers.public.orders";

  /// `slots`: names; a reader of any of them gets all the changes.
  static std::unique_ptr<DebeziumSource> make(const DebeziumPrograms& programs,
                                              const std::vector<std::string>& slots,
                                              std::int64_t changes);

  /// Starts Debezium Server on what a slot has, in a folder of its own. `sink`: lines of its
  /// configuration.
  [[nodiscard]] rig::Process start(const std::filesystem::path& folder, const std::string& slot,
                                   const std::vector<std::string>& sink) const;
  [[nodiscard]] const std::string& version() const { return postgres_->version(); }

 private:
  DebeziumSource(DebeziumPrograms programs, std::unique_ptr<rig::PostgresServer> postgres)
      : programs_(std::move(programs)), postgres_(std::move(postgres)) {}

  DebeziumPrograms programs_;
  std::unique_ptr<rig::PostgresServer> postgres_;
};

/// "max.batch.size=8192, …": what is set to make Debezium Server fast, beside what the sinks set.
[[nodiscard]] std::string debezium_settings();

}  // namespace headwater::bench
