#include "testing/etcd/etcd_server.h"

#include <sstream>
#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {

EtcdServer::EtcdServer(EtcdOptions options) : options_(std::move(options)) {
  if (options_.tls) certificates_ = make_certificates(folder_.path());
  start();
}

std::string EtcdServer::address() const { return "127.0.0.1:" + std::to_string(port()); }

std::string EtcdServer::url(const LocalPort& port, const char* scheme) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port.number());
}

void EtcdServer::start_empty() {
  ++life_;
  start();
}

void EtcdServer::start() {
  const std::string at = url(port_, options_.tls ? "https" : "http");
  const std::string peers = url(peer_port_, "http");
  Command command{
      .words = {server_program("etcd"), "--name=alone",
                "--data-dir=" + (folder_ / ("data" + std::to_string(life_))), "--unsafe-no-fsync",
                "--listen-client-urls=" + at, "--advertise-client-urls=" + at,
                "--listen-peer-urls=" + peers, "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=alone=" + peers},
      .folder = folder_.path()};
  auto& words = command.words;
  if (certificates_) {
    words.insert(words.end(),
                 {"--cert-file=" + certificates_->server, "--key-file=" + certificates_->server_key,
                  "--trusted-ca-file=" + certificates_->authority, "--client-cert-auth"});
  }
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  process_.emplace(command);
  const bool ready = wait_until([this] {
    return !process_->running() ||
           process_->errors().find("ready to serve client requests") != std::string::npos;
  });
  if (!ready || !process_->running()) give_up("etcd is not ready:\n" + process_->errors());
}

std::string EtcdServer::control(const std::vector<std::string>& words) const {
  Command command{.words = {server_program("etcdctl"), "--endpoints=" + address()},
                  .folder = folder_.path()};
  if (certificates_) {
    command.words.insert(command.words.end(),
                         {"--cacert=" + certificates_->authority, "--cert=" + certificates_->client,
                          "--key=" + certificates_->client});
  }
  if (!user_.empty()) command.words.push_back("--user=" + user_);
  command.words.insert(command.words.end(), words.begin(), words.end());
  const Outcome outcome = run(command);
  if (outcome.exit != Exit{}) give_up("etcdctl " + words.front() + ": " + outcome.errors);
  return outcome.output;
}

std::string EtcdServer::grant(int seconds) const {
  std::istringstream answer(control({"lease", "grant", std::to_string(seconds)}));
  std::string lease;
  answer >> lease >> lease;  // "lease 694d7 granted with TTL(5s)"
  return lease;
}

std::string EtcdServer::value(const std::string& key) const {
  std::string text = control({"get", "--print-value-only", key});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string EtcdServer::number(const std::string& key, const std::string& name) const {
  const std::string json = control({"get", "--write-out=json", key});
  const std::string before = "\"" + name + "\":";
  const auto at = json.find(before);
  if (at == std::string::npos) return "";
  const auto begin = at + before.size();
  return json.substr(begin, json.find_first_not_of("-0123456789", begin) - begin);
}

std::string EtcdServer::lease_of(const std::string& key) const {
  const std::string digits = number(key, "lease");
  if (digits.empty()) return "";
  std::ostringstream hexadecimal;
  hexadecimal << std::hex << std::stoull(digits);
  return hexadecimal.str();
}

int EtcdServer::lease_left(const std::string& key) const {
  const std::string lease = lease_of(key);
  if (lease.empty()) return -1;
  const std::string answer = control({"lease", "timetolive", lease});
  const std::string before = "remaining(";
  const auto at = answer.find(before);
  return at == std::string::npos ? -1 : std::stoi(answer.substr(at + before.size()));
}

void EtcdServer::revoke_lease(const std::string& key) const {
  control({"lease", "revoke", lease_of(key)});
}

}  // namespace headwater::rig
