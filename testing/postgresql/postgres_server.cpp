#include "testing/postgresql/postgres_server.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

/// PostgreSQL refuses to run as root, and then runs as this user instead: "nobody".
constexpr uid_t other_user = 65534;

bool has_programs(const fs::path& folder) {
  return ::access((folder / "initdb").c_str(), X_OK) == 0 &&
         ::access((folder / "psql").c_str(), X_OK) == 0;
}

void give_to_other_user(const fs::path& path) {
  if (::geteuid() == 0 && ::chown(path.c_str(), other_user, other_user) != 0) {
    give_up("cannot give " + path.string() + " to another user");
  }
}

std::vector<pid_t> children_of(pid_t parent) {
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent);
  std::istringstream numbers(contents(tasks + "/children"));
  return {std::istream_iterator<pid_t>(numbers), {}};
}

/// With owners and rights.
void copy_whole(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  const auto copied = run({.words = {"/bin/cp", "-a", from, to}});
  if (copied.exit != Exit{}) give_up("cannot copy " + from.string() + ": " + copied.errors);
}

}  // namespace

fs::path postgres_programs() {
  const char* named = std::getenv("HEADWATER_POSTGRES");
  if (named != nullptr && has_programs(named)) return named;
  for (const fs::path lib : {"/usr/lib/postgresql", HEADWATER_SERVERS "/usr/lib/postgresql"}) {
    std::error_code missing;
    for (const auto& version : fs::directory_iterator(lib, missing)) {
      if (has_programs(version.path() / "bin")) return version.path() / "bin";
    }
  }
  give_up("there is no PostgreSQL; install it: ./dev servers");
}

PostgresServer::PostgresServer(std::vector<std::string> settings)
    : programs_(postgres_programs()), settings_(std::move(settings)) {
  make_data();
  start();
}

PostgresServer::PostgresServer(const fs::path& data, std::vector<std::string> settings)
    : programs_(postgres_programs()), settings_(std::move(settings)) {
  own_folder();
  copy_whole(data, this->data());
  start();
}

PostgresServer::PostgresServer(Follower /*follower*/, const PostgresServer& primary)
    : programs_(primary.programs_), settings_(primary.settings_) {
  own_folder();
  const auto copied = run(command("pg_basebackup", {"-D", data(), "-R", "-d", primary.address(),
                                                    "-X", "stream", "-c", "fast", "--no-sync"}));
  if (copied.exit != Exit{}) give_up("pg_basebackup failed:\n" + copied.errors);
  start();
  catch_up_with(primary);
}

std::unique_ptr<PostgresServer> PostgresServer::make_standby() const {
  return std::unique_ptr<PostgresServer>(new PostgresServer(Follower{}, *this));
}

void PostgresServer::catch_up_with(const PostgresServer& primary) const {
  const std::string end = primary.answer("SELECT pg_current_wal_flush_lsn()");
  const bool done = wait_until(
      [&] { return answer("SELECT pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn") == "t"; });
  if (!done) give_up("the standby does not follow:\n" + process_->errors());
}

void PostgresServer::promote() const { execute("SELECT pg_promote();\n"); }

bool PostgresServer::is_standby() const { return fs::exists(data() / "standby.signal"); }

/// A killed server would leave its shared memory to the system.
PostgresServer::~PostgresServer() { end(SIGQUIT); }

void PostgresServer::stop() { end(SIGINT); }
void PostgresServer::kill() { end(SIGQUIT); }

/// The first one is stopped, so that it neither starts nor misses another.
void PostgresServer::kill_processes() {
  const pid_t first = process_->pid();
  process_->pause();
  const std::vector<pid_t> others = children_of(first);
  for (const pid_t pid : others) ::kill(pid, SIGKILL);
  (void)process_->kill();
  process_.reset();
  // The data has no other user once their programs are gone.
  const bool gone = wait_until([&] {
    return std::ranges::none_of(others, [](pid_t pid) {
      std::error_code none;
      return fs::exists("/proc/" + std::to_string(pid) + "/exe", none);
    });
  });
  if (!gone) give_up("PostgreSQL's processes cannot be killed");
}

void PostgresServer::end(int signal) {
  if (!process_) return;
  process_->signal(signal);
  (void)process_->wait();
  process_.reset();
}

void PostgresServer::copy_data_to(const fs::path& folder) const { copy_whole(data(), folder); }

void PostgresServer::restore_data_from(const fs::path& folder) {
  copy_whole(folder, data());
  // Recovery from an archive, which has nothing, ends at once.
  put("recovery.signal", "");
}

/// A server reads no key that others may read.
void PostgresServer::put(const std::string& file, const std::string& text) const {
  const fs::path path = data() / file;
  write_file(path, text);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  give_to_other_user(path);
}

void PostgresServer::reload() const {
  const std::string before = answer("SELECT pg_conf_load_time()");
  execute("SELECT pg_reload_conf();\n");
  const bool done = wait_until([&] { return answer("SELECT pg_conf_load_time()") != before; });
  if (!done) give_up("the server does not reload its configuration");
}

Command PostgresServer::command(const std::string& program,
                                const std::vector<std::string>& arguments) const {
  Command command{.folder = folder_.path()};
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

void PostgresServer::own_folder() const { give_to_other_user(folder_.path()); }

void PostgresServer::make_data() {
  own_folder();
  const auto made = run(command("initdb", {"-D", folder_ / "data", "-U", user, "--auth=trust", "-E",
                                           "UTF8", "--locale=C", "--no-sync"}));
  if (made.exit != Exit{}) give_up("initdb failed:\n" + made.errors);
}

void PostgresServer::start() {
  std::vector<std::string> arguments{"-D", folder_ / "data"};
  std::vector<std::string> all{
      "port=" + std::to_string(port()), "listen_addresses=127.0.0.1",
      "unix_socket_directories=",       "fsync=off",
      "synchronous_commit=off",         "full_page_writes=off",
      "restore_command=/bin/false",     "wal_retrieve_retry_interval=50ms"};
  all.insert(all.end(), settings_.begin(), settings_.end());
  for (const std::string& setting : all) arguments.insert(arguments.end(), {"-c", setting});
  process_ = std::make_unique<Process>(command("postgres", arguments));
  const std::string in_recovery = is_standby() ? "t" : "f";
  const bool in_time = wait_until(
      [&] { return !process_->running() || answer("SELECT pg_is_in_recovery()") == in_recovery; });
  if (!in_time || !process_->running()) {
    give_up("the PostgreSQL server is not ready:\n" + process_->errors());
  }
  const std::string version = answer("SHOW server_version");
  version_ = "PostgreSQL " + version.substr(0, version.find(' '));
}

std::string PostgresServer::address(const std::string& of_database) const {
  return "host=127.0.0.1 port=" + std::to_string(port()) + " user=" + user +
         " dbname=" + of_database;
}

/// Empty if it does not answer.
std::string PostgresServer::answer(const std::string& question) const {
  std::string output = psql({"-t", "-A", "-c", question}, patience).output;
  return output.substr(0, output.find('\n'));
}

void PostgresServer::execute(const std::string& statements, Milliseconds deadline) const {
  const TemporaryFolder folder;
  const std::string file = folder / "statements.sql";
  write_file(file, statements);
  const auto done = psql({"-f", file}, deadline);
  if (done.exit != Exit{}) give_up("PostgreSQL: " + done.errors);
}

Outcome PostgresServer::psql(const std::vector<std::string>& arguments,
                             Milliseconds deadline) const {
  Command command{.words = {programs_ / "psql", "-q", "-X", "-h", "127.0.0.1", "-p",
                            std::to_string(port()), "-U", user, "-d", database, "-v",
                            "ON_ERROR_STOP=1"}};
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  return run(command, deadline);
}

}  // namespace headwater::rig
