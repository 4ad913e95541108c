#include "bench/debezium.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>

#include "bench/process.h"
#include "bench/workbench.h"

namespace headwater::bench {
namespace {

/// Neither is on by default. Each makes Debezium Server faster, or its events smaller.
constexpr std::array<std::string_view, 6> fast{
    "debezium.source.max.batch.size=8192",      "debezium.source.max.queue.size=32768",
    "debezium.source.poll.interval.ms=5",       "debezium.source.tombstones.on.delete=false",
    "debezium.format.key.schemas.enable=false", "debezium.format.value.schemas.enable=false"};

constexpr Milliseconds longest_fill = std::chrono::minutes(30);

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The same changes as Load's, with another text of 160 letters.
std::string fill_statement(std::int64_t changes) {
  return R"(DO $$
DECLARE
  base bigint;
  step bigint;
  key bigint;
BEGIN
  FOR i IN 0..)" +
         std::to_string(changes - 1) + R"( LOOP
    base := i / 10 * 6;
    step := i % 10;
    IF step < 6 THEN
      key := base + step + 1;
      INSERT INTO orders VALUES (key, key % 1000, key / 4.0, 'placed',
        substr(repeat(md5(key::text) || md5('x' || key), 3), 1, 160));
    ELSIF step < 9 THEN
      UPDATE orders SET amount = amount + 1, status = 'paid' WHERE id = base + step - 5;
    ELSE
      DELETE FROM orders WHERE id = base + 6;
    END IF;
    COMMIT;
  END LOOP;
END $$;
)";
}

std::string table_statements(const std::vector<std::string>& slots) {
  std::string all =
      "CREATE TABLE orders(id bigint PRIMARY KEY, customer bigint, amount double precision,"
      "  status text, note text);\n"
      // So that its events have the row before, as Headwater's have.
      "ALTER TABLE orders REPLICA IDENTITY FULL;\n"
      "CREATE PUBLICATION peers FOR TABLE orders;\n";
  for (const std::string& slot : slots) {
    all += "SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput') \\g /dev/null\n";
  }
  return all;
}

void write_properties(const std::filesystem::path& file, std::uint16_t port,
                      const std::filesystem::path& offsets, const std::string& slot,
                      const std::vector<std::string>& sink) {
  std::ofstream out(file);
  out << "debezium.source.connector.class=io.debezium.connector.postgresql.PostgresConnector\n"
         "debezium.source.offset.storage=org.apache.kafka.connect.storage.FileOffsetBackingStore\n"
         "debezium.source.offset.storage.file.filename="
      << offsets.string() << "\ndebezium.source.database.hostname=127.0.0.1\n"
      << "debezium.source.database.port=" << port
      << "\ndebezium.source.database.user=" << rig::PostgresServer::user
      << "\ndebezium.source.database.password=none\n"
      << "debezium.source.database.dbname=" << rig::PostgresServer::database
      << "\ndebezium.source.topic.prefix=peers\ndebezium.source.plugin.name=pgoutput\n"
      << "debezium.source.slot.name=" << slot
      << "\ndebezium.source.publication.name=peers\n"
         "debezium.source.publication.autocreate.mode=disabled\n"
         "debezium.source.table.include.list=public.orders\n"
         "debezium.source.snapshot.mode=no_data\n"
         "debezium.format.key=json\ndebezium.format.value=json\n"
         "quarkus.http.host=127.0.0.1\nquarkus.http.port=0\n";
  for (const auto line : fast) out << line << '\n';
  for (const std::string& line : sink) out << line << '\n';
}

std::filesystem::path runner_in(const std::filesystem::path& server) {
  for (const auto& file : std::filesystem::directory_iterator(server)) {
    if (file.path().string().ends_with("-runner.jar")) return file.path();
  }
  return server / "runner.jar";
}

}  // namespace

std::optional<DebeziumPrograms> DebeziumPrograms::find() {
  DebeziumPrograms programs{.java = environment("HEADWATER_DEBEZIUM_JAVA"),
                            .server = environment("HEADWATER_DEBEZIUM")};
  if (programs.java.empty() || programs.server.empty()) return std::nullopt;
  return programs;
}

std::string DebeziumPrograms::version() const {
  // openjdk version "25.0.1" 2025-10-21
  const std::string java_says = rig::run({.words = {java, "-version"}}).errors;
  const auto begin = java_says.find('"') + 1;
  const std::string java_version = java_says.substr(begin, java_says.find('"', begin) - begin);
  // debezium-server-dist-3.6.1.Final-runner.jar
  std::string name = runner_in(server).stem().string();
  name = name.substr(0, name.rfind('-'));
  return "Debezium Server " + name.substr(name.rfind('-') + 1) + " on Java " + java_version;
}

std::unique_ptr<DebeziumSource> DebeziumSource::make(const DebeziumPrograms& programs,
                                                     const std::vector<std::string>& slots,
                                                     std::int64_t changes) {
  auto postgres = std::make_unique<rig::PostgresServer>(
      std::vector<std::string>{"wal_level=logical", "max_replication_slots=100",
                               "max_wal_size=16GB", "shared_buffers=256MB"});
  progress("filling PostgreSQL: " + number(static_cast<double>(changes)) + " changes");
  postgres->execute(table_statements(slots) + fill_statement(changes), longest_fill);
  return std::unique_ptr<DebeziumSource>(new DebeziumSource(programs, std::move(postgres)));
}

rig::Process DebeziumSource::start(const std::filesystem::path& folder, const std::string& slot,
                                   const std::vector<std::string>& sink) const {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "config");
  write_properties(folder / "config" / "application.properties", postgres_->port(),
                   folder / "offsets.dat", slot, sink);
  const std::string jars =
      runner_in(programs_.server).string() + ":" + (programs_.server / "lib" / "*").string();
  return rig::Process({.words = {programs_.java, "--add-opens", "java.base/java.lang=ALL-UNNAMED",
                                 "-cp", jars, "io.debezium.server.Main"},
                       .folder = folder,
                       .output = folder / "debezium.log"});
}

std::string debezium_settings() {
  std::string all;
  for (auto line : fast) {
    line.remove_prefix(line.find('.') + 1);
    all.append(all.empty() ? "" : ", ").append(line);
  }
  return all;
}

}  // namespace headwater::bench
