#include "bench/postgres.h"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "bench/process.h"
#include "testing/rig/waiting.h"

namespace headwater::bench {
namespace {

/// PostgreSQL refuses to run as root, and then runs as this user instead: "nobody".
constexpr uid_t other_user = 65534;

}  // namespace

Postgres::Postgres(std::filesystem::path programs) : programs_(std::move(programs)) {}

Postgres::~Postgres() {
  if (!process_) return;
  // A killed server would leave its shared memory to the system.
  process_->signal(SIGQUIT);
  (void)process_->wait();
}

Result<std::unique_ptr<Postgres>> Postgres::start(const std::filesystem::path& programs) {
  std::unique_ptr<Postgres> server(new Postgres(programs));
  if (auto made = server->make_data(); !made) return failed(made);
  if (auto started = server->start_server(); !started) return failed(started);
  return server;
}

rig::Command Postgres::command(const std::string& program,
                               const std::vector<std::string>& arguments) const {
  rig::Command command{.folder = folder_.path()};
  if (::geteuid() == 0) {
    const std::string id = std::to_string(other_user);
    // Changing the user makes the system forget that the process should die with this one.
    command.words = {"/usr/bin/setpriv", "--reuid=" + id,      "--regid=" + id,
                     "--clear-groups",   "--pdeathsig=SIGINT", "--"};
  }
  command.words.push_back(programs_ / program);
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  return command;
}

Result<void> Postgres::make_data() {
  if (::geteuid() == 0 && ::chown(folder_.path().c_str(), other_user, other_user) != 0) {
    return fail(bench_error("cannot give " + folder_.path().string() + " to another user"));
  }
  const auto made = rig::run(command("initdb", {"-D", folder_ / "data", "-U", user, "--auth=trust",
                                                "-E", "UTF8", "--locale=C", "--no-sync"}));
  if (made.exit != rig::Exit{}) return fail(bench_error("initdb failed:\n" + made.errors));
  return {};
}

Result<void> Postgres::start_server() {
  std::vector<std::string> arguments{"-D", folder_ / "data"};
  for (const std::string& setting :
       {"port=" + std::to_string(port()), std::string("listen_addresses=127.0.0.1"),
        std::string("unix_socket_directories="), std::string("wal_level=logical"),
        std::string("max_replication_slots=100"), std::string("fsync=off"),
        std::string("synchronous_commit=off"), std::string("full_page_writes=off"),
        std::string("max_wal_size=16GB"), std::string("shared_buffers=256MB")}) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  process_ = std::make_unique<rig::Process>(command("postgres", arguments));
  const bool in_time = rig::wait_until([this] {
    return !process_->running() || psql({"-c", ""}, rig::patience).has_value();
  });
  if (!in_time || !process_->running()) {
    return fail(bench_error("the PostgreSQL server is not ready:\n" + process_->errors()));
  }
  auto version = psql({"-t", "-A", "-c", "SHOW server_version"}, rig::patience);
  if (!version) return failed(version);
  version_ = "PostgreSQL " + version->substr(0, version->find_first_of(" \n"));
  return {};
}

Result<void> Postgres::execute(const std::string& statements, Milliseconds deadline) const {
  const rig::TemporaryFolder folder;
  const std::string file = folder / "statements.sql";
  rig::write_file(file, statements);
  auto done = psql({"-f", file}, deadline);
  if (!done) return failed(done);
  return {};
}

Result<std::string> Postgres::psql(const std::vector<std::string>& arguments,
                                   Milliseconds deadline) const {
  rig::Command command{.words = {programs_ / "psql", "-q", "-X", "-h", "127.0.0.1", "-p",
                                 std::to_string(port()), "-U", user, "-d", database, "-v",
                                 "ON_ERROR_STOP=1"}};
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  auto ran = rig::run(command, deadline);
  if (ran.exit == rig::Exit{}) return std::move(ran.output);
  return fail(bench_error("PostgreSQL: " + ran.errors));
}

}  // namespace headwater::bench
