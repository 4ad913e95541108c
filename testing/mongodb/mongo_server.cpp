#include "testing/mongodb/mongo_server.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "testing/mongodb/command_lines.h"
#include "testing/mongodb/programs.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

constexpr const char* root = "root";
constexpr const char* root_password = "seven seas";

/// The end of a log, which should say why a server did not start.
std::string end_of(const std::string& log) {
  constexpr std::size_t enough = 4000;
  return log.substr(log.size() - std::min(log.size(), enough));
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char letter : text) {
    encoded += letter == ' ' ? "%20" : letter == '@' ? "%40" : std::string(1, letter);
  }
  return encoded;
}

}  // namespace

MongoServer::MongoServer(MongoOptions options) : options_(std::move(options)) {
  if (options_.data.empty()) {
    fs::create_directory(folder_ / "data");
  } else {
    fs::copy(options_.data, folder_ / "data", fs::copy_options::recursive);
  }
  // A mongod refuses a key that other users can read.
  write_file(folder_ / "key", "dGhlIHdoYWxlIGlzIHdoaXRl\n");
  fs::permissions(folder_ / "key", fs::perms::owner_read);
  if (options_.tls) certificates_ = make_certificates(folder_.path());
  locked_ = options_.auth && !options_.data.empty();
  start();
  if (options_.kind == MongoKind::real && !options_.member && !locked_) make_checkpoint();
  if (!options_.auth || locked_) return;
  add_root();
  stop();
  locked_ = true;
  start();
}

void MongoServer::start() {
  start_process();
  wait_until_ready();
}

void MongoServer::start_process() {
  const Place place{.port = port_.number(),
                    .data = folder_ / "data",
                    .key_file = locked_ ? folder_ / "key" : "",
                    .certificates = certificates_ ? &*certificates_ : nullptr};
  process_.emplace(Command{.words = command_line(options_, place),
                           .folder = folder_.path(),
                           .output = folder_ / "server.log"});
}

void MongoServer::wait_until_ready() {
  const bool in_time = wait_until([this] { return !running() || ready(); });
  if (in_time && running()) return;
  give_up("the server " + host() + (in_time ? " has ended:\n" : " is not ready:\n") +
          end_of(log()) + end_of(process_->errors()));
}

bool MongoServer::ready() {
  MongoShell shell(direct_uri());
  // The old name of `hello`, which all versions understand, even without a login.
  const auto answer = shell.try_command("admin", json("{\"isMaster\": 1}"));
  if (!answer || options_.member) return answer.has_value();
  if (mongodb::find_flag(answer->get(), "ismaster")) return true;
  // It is not in a replica set yet.
  if (mongodb::find_flag(answer->get(), "isreplicaset")) join_set(shell);
  return false;
}

/// Makes the server a replica set of one. If its data is a copy of another server's, reconfigures
/// that set with its own port.
void MongoServer::join_set(MongoShell& shell) {
  std::vector<Doc> self(1);
  self[0].add("_id", std::int32_t{0}).add("host", host());
  // The caller retries.
  if (options_.data.empty()) {
    Doc config;
    config.add("_id", set_name(options_.kind)).add("members", self);
    (void)shell.try_command("admin", Doc().add("replSetInitiate", config));
    return;
  }
  const auto answer = shell.try_command("admin", json("{\"replSetGetConfig\": 1}"));
  if (!answer) return;
  const auto before = mongodb::find_document(answer->get(), "config");
  if (!before) return;
  Doc config;
  bson_copy_to_excluding_noinit(before->get(), config.out(), "members", nullptr);
  config.add("members", self);
  (void)shell.try_command("admin", Doc().add("replSetReconfig", config).add("force", true));
}

void MongoServer::add_root() {
  MongoShell shell(direct_uri());
  shell.command("admin", std::string(R"({"createUser": ")") + root + R"(", "pwd": ")" +
                             root_password + R"(", "roles": ["root"]})");
}

void MongoServer::stop() {
  const auto exit = process_->terminate();
  if (exit != Exit{}) give_up("the server " + host() + " did not stop cleanly:\n" + end_of(log()));
}

void MongoServer::make_checkpoint() const {
  MongoShell(direct_uri()).command("admin", R"({"fsync": 1})");
}

void MongoServer::kill() { process_->kill(); }
void MongoServer::pause() { process_->pause(); }
void MongoServer::resume() { process_->resume(); }
bool MongoServer::running() { return process_ && process_->running(); }

std::string MongoServer::host() const { return "127.0.0.1:" + std::to_string(port_.number()); }

std::string MongoServer::address(const std::string& credentials, const std::string& options) const {
  std::string uri = "mongodb://" + credentials + host() + "/?" + options;
  if (!credentials.empty()) uri += "&authSource=admin";
  if (certificates_) uri += "&tls=true&tlsCAFile=" + certificates_->authority;
  return uri;
}

std::string MongoServer::uri() const { return uri(locked_ ? root : "", root_password); }

std::string MongoServer::uri(const std::string& user, const std::string& password) const {
  return address(user.empty() ? "" : percent_encoded(user) + ":" + percent_encoded(password) + "@",
                 "replicaSet=" + set_name(options_.kind));
}

std::string MongoServer::direct_uri() const {
  return address("", "directConnection=true&connectTimeoutMS=2000&serverSelectionTimeoutMS=2000");
}

void MongoServer::copy_data(const std::string& to) const {
  fs::copy(folder_ / "data", to, fs::copy_options::recursive);
}

void MongoServer::restore_data(const std::string& from) {
  fs::remove_all(folder_ / "data");
  fs::copy(from, folder_ / "data", fs::copy_options::recursive);
}

}  // namespace headwater::rig
