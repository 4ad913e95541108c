#include "testing/postgresql/postgres_source.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>
#include <utility>

#include "src/base/number_in.h"
#include "testing/postgresql/postgres_writer.h"
#include "testing/postgresql/shared_server.h"
#include "testing/rig/pipeline.h"
#include "testing/rig/server_program.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {
namespace {

constexpr int first_submitted = 1'000'000;

}  // namespace

PostgresSource::PostgresSource(Harm harm) : name_(new_database_name()) {
  const bool shared = harm == Harm::none || harm == Harm::history;
  if (!shared) own_ = std::make_unique<PostgresServer>(shared_postgres_settings());
  server_ = shared ? &shared_postgres_server() : own_.get();
  if (harm == Harm::network) proxy_.emplace(server_->port());
  server_->execute("CREATE DATABASE " + name_);
  PostgresShell shell(address());
  for (const char* statement : postgres_shop()) shell.sure(statement);
}

PostgresSource::~PostgresSource() {
  if (own_) return;
  witness_.reset();
  drop_database(*server_, name_);
}

std::string PostgresSource::relay_uri() const {
  if (!relay_uri_.empty()) return relay_uri_;
  const auto host = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  const std::string begin = "postgresql://postgres@";
  if (standby_) {
    return begin + host(own_->port()) + "," + host(standby_->port()) + "/" + name_ +
           "?target_session_attrs=read-write";
  }
  return begin + host(proxy_ ? proxy_->port() : server_->port()) + "/" + name_;
}

std::string PostgresSource::configuration(const std::string& keys) const {
  return "postgresql: { uri: \"" + relay_uri() + "\", tables: all, slot: " + name_ +
         ", reader_timeout: 1s" + (placed_ > 0 ? ", snapshot: initial" : "") + keys + " }";
}

Result<std::unique_ptr<Writer>> PostgresSource::writer(std::uint64_t seed) {
  return std::make_unique<PostgresWriter>(address(), seed);
}

void PostgresSource::insert_orders(int count, std::size_t note_bytes) {
  PostgresShell(address()).sure(
      "INSERT INTO orders(idempotency_key, status, total, note) SELECT 'large-" +
      std::to_string(++batches_) + "-' || i, 'placed', i, decode(repeat('00', " +
      std::to_string(note_bytes) + "), 'hex') FROM generate_series(1, " + std::to_string(count) +
      ") i");
}

// Many pieces of a snapshot. Writers change some of them.
bool PostgresSource::place_orders(int count) {
  placed_ = count;
  PostgresShell(address()).sure(
      "INSERT INTO orders(idempotency_key, status, total, note) SELECT 'before-' || i, 'placed', "
      "i, "
      "decode(repeat('00', 1500), 'hex') FROM generate_series(1, " +
      std::to_string(count) + ") i");
  return true;
}

int PostgresSource::submit_order(int number) {
  PostgresShell shell(address());
  const std::string id = std::to_string(first_submitted + number);
  const std::string insert = "INSERT INTO orders(id, idempotency_key, status, total) VALUES (-" +
                             id + ", 'submitted-" + id + "', 'placed', 1)";
  shell.sure(insert + " ON CONFLICT DO NOTHING");
  auto made = static_cast<int>(shell.changed());
  if (shell.ask(insert)) ++made;
  shell.sure(insert + " ON CONFLICT (idempotency_key) DO NOTHING");
  return made + static_cast<int>(shell.changed());
}

bool PostgresSource::has_order(int number) {
  return !PostgresShell(address())
              .sure("SELECT 1 FROM orders WHERE idempotency_key = 'submitted-" +
                    std::to_string(first_submitted + number) + "'")
              .empty();
}

void PostgresSource::begin() {
  if (!witness_) witness_.emplace(address(), name_ + "_witness");
}

std::vector<std::string> PostgresSource::changes() { return witness_->ids(); }

// What was left out is before the first change after the snapshot. Whether a row has it, the audit
// checks.
std::string PostgresSource::difference(const std::vector<std::string>& ids, std::size_t joined) {
  if (placed_ == 0) return SourceUnderTest::difference(ids, joined);
  auto expected = changes();
  const auto after = ids.begin() + static_cast<std::ptrdiff_t>(joined);
  auto place = expected.begin();
  for (auto id = ids.begin(); id != after; ++id) {
    place = std::find(place, expected.end(), *id);
    if (place == expected.end()) return *id + " is not one of the changes, or in another order";
    ++place;
  }
  if (after == ids.end()) return "";
  place = std::find(place, expected.end(), *after);
  return first_difference({place, expected.end()}, {after, ids.end()});
}

// Rows that came while others were read are among them.
std::string PostgresSource::read_difference(const std::vector<std::string>& ids) {
  if (placed_ == 0 && !ids.empty()) {
    return ids.front() + " was read, but there were no rows before";
  }
  std::set<std::string> read;
  for (const std::string& id : ids) {
    // snapshot:<lsn>:<table>:<key>
    const auto table = id.rfind(':', id.rfind(':') - 1) + 1;
    if (!read.insert(id.substr(table)).second) return id + " was read twice";
  }
  for (int order = 1; order <= placed_; ++order) {
    const std::string row = "public.orders:" + std::to_string(order);
    if (!read.contains(row)) return row + " existed before, and was never read";
  }
  return "";
}

std::string PostgresSource::copy_difference(const std::string& copy) {
  const std::string orders = "FROM rows WHERE key LIKE 'public:orders/%'";
  const std::pair<std::string, std::string> questions[] = {
      {"SELECT count(*) FROM orders", "SELECT count(*) " + orders},
      {"SELECT coalesce(sum(total), 0)::int8 FROM orders",
       "SELECT CAST(total(json_extract(row, '$.total')) AS INTEGER) " + orders},
      {"SELECT count(*) FROM orders WHERE status = 'paid'",
       "SELECT count(*) " + orders + " AND json_extract(row, '$.status') = 'paid'"},
      {"SELECT count(*) FROM items", "SELECT count(*) FROM rows WHERE key LIKE 'public:items/%'"},
      {"SELECT count(*) FROM customers",
       "SELECT count(*) FROM rows WHERE key LIKE 'public:customers/%'"}};
  PostgresShell shell(address());
  std::string wrong;
  for (const auto& [there, here] : questions) {
    const auto expected = whole_number<std::int64_t>(shell.sure(there)[0][0]).value_or(-1);
    const auto found = query_integer(copy, here);
    if (expected == found) continue;
    wrong +=
        here + ": " + std::to_string(found) + ", in the shop: " + std::to_string(expected) + "\n";
  }
  return wrong;
}

void PostgresSource::keep_backup() {
  if (witness_) {
    (void)witness_->ids();
    witness_->keep();
  }
  server_->stop();
  server_->copy_data_to(backup_ / "data");
  server_->start();
}

void PostgresSource::go_back() {
  server_->kill();
  server_->restore_data_from(backup_ / "data");
  server_->start();
  if (witness_) witness_->go_back();
}

void PostgresSource::add_standby() { standby_ = own_->make_standby(); }

/// The witness has read everything that the primary has.
void PostgresSource::fail_over() {
  own_->kill();
  if (!standby_->is_running()) standby_->start();
  standby_->promote();
  server_ = standby_.get();
  if (witness_) witness_->follow(address());
}

/// As another relay of the same slot does, whose stream is lost.
void PostgresSource::lose_history(Pipeline& pipeline) {
  Writers writers(*this, 1, {.seed = pipeline.stream().progress(), .transactions = 30});
  if (const Written lost = writers.join(); !lost.error.empty()) give_up(lost.error);
  forget_history(*server_, name_);
  witness_->restart();
}

void PostgresSource::pause_all(bool paused) {
  if (paused) {
    const auto rows = PostgresShell(address()).sure("SELECT pid FROM pg_stat_activity");
    paused_ = {server_->pid()};
    for (const auto& row : rows) paused_.push_back(static_cast<pid_t>(number_in(row[0])));
  }
  for (const pid_t pid : paused_) ::kill(pid, paused ? SIGSTOP : SIGCONT);
}

void PostgresSource::pause_server() { pause_all(true); }
void PostgresSource::resume_server() { pause_all(false); }

std::vector<SourceKind> postgresql_sources() {
  return {{.name = "postgresql", .make = [](const TemporaryFolder& /*folder*/, Harm harm) {
             return std::make_unique<PostgresSource>(harm);
           }}};
}

}  // namespace headwater::rig
