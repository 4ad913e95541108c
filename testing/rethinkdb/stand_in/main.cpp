// rethinkdb_stand_in --directory D [--port P] [--account USER:PASSWORD[:RIGHT,...]]... [--tls FILE]
//
// Prints its port, and serves until SIGTERM. FILE: a certificate with its key.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "testing/rethinkdb/stand_in/session.h"
#include "testing/rethinkdb/stand_in/store.h"
#include "testing/rethinkdb/wire_server.h"

namespace headwater::rethinkdb::stand_in {
namespace {

struct Options {
  std::string directory;
  std::uint16_t port = 0;
  std::vector<std::string> accounts;
  std::optional<rig::Certificates> certificates;
};

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
    const std::string& value = words[at + 1];
    if (words[at] == "--directory") {
      options.directory = value;
    } else if (words[at] == "--port") {
      options.port = static_cast<std::uint16_t>(std::stoi(value));
    } else if (words[at] == "--account") {
      options.accounts.push_back(value);
    } else if (words[at] == "--tls") {
      options.certificates = rig::Certificates{.server = value};
    } else {
      throw std::runtime_error("unknown option " + words[at]);
    }
  }
  if (options.directory.empty() || words.size() % 2 != 0) {
    throw std::runtime_error("--directory must be given, and each option has a value");
  }
  return options;
}

/// Without rights, a user may read and write.
void add_account(Store& store, const std::string& account) {
  std::istringstream parts(account + ":");
  std::string user;
  std::string password;
  std::string rights;
  std::getline(parts, user, ':');
  std::getline(parts, password, ':');
  std::getline(parts, rights, ':');
  store.users().set_password(user, password);
  if (user == "admin") return;
  Users::Rights granted;
  std::istringstream names(rights.empty() ? "read,write" : rights);
  for (std::string name; std::getline(names, name, ',');) granted.emplace(name, true);
  store.users().grant(user, {}, granted);
}

void serve(const Options& options) {
  // For all threads: only sigtimedwait() takes it.
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);
  Store store(options.directory);
  for (const std::string& each : options.accounts) add_account(store, each);
  const WireServer server([&store](Peer& peer) { Session(store, peer).serve(); },
                          options.certificates, "127.0.0.1", options.port);
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  // Soft writes wait for no longer.
  constexpr timespec flush_interval{.tv_sec = 1, .tv_nsec = 0};
  for (bool running = true; running;) {
    running = sigtimedwait(&end, nullptr, &flush_interval) != SIGTERM;
    const auto lock = store.lock();
    if (!running || !store.faults().holds_soft_writes()) store.flush();
  }
}

}  // namespace
}  // namespace headwater::rethinkdb::stand_in

int main(int count, char** words) {
  using headwater::rethinkdb::stand_in::parse;
  using headwater::rethinkdb::stand_in::serve;
  try {
    serve(parse(std::vector<std::string>(words + 1, words + count)));
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "rethinkdb_stand_in: %s\n", failed.what());
    return 1;
  }
  return 0;
}
