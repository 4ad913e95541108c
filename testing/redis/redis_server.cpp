#include "testing/redis/redis_server.h"

#include <hiredis.h>

#include <filesystem>
#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

}  // namespace

void FreeRedisAnswer::operator()(redisReply* answer) const { freeReplyObject(answer); }

void RedisServer::Disconnect::operator()(redisContext* context) const { redisFree(context); }

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
  fs::create_directories(data());
  if (options_.tls) certificates_ = make_certificates(folder_.path());
  start();
}

std::string RedisServer::data() const {
  return options_.data.empty() ? folder_ / "data" : options_.data;
}

void RedisServer::start() {
  start_process(true);
  wait_until_ready();
}

void RedisServer::start_process(bool append_only) {
  context_.reset();
  const std::string number = std::to_string(port_.number());
  // No background saves, because their process would survive a kill.
  std::string lines =
      "bind 127.0.0.1\nsave \"\"\nauto-aof-rewrite-percentage 0\nenable-debug-command yes\n";
  lines += "logfile " + (folder_ / "server.log") + "\ndir " + data() + "\n";
  lines += std::string("appendonly ") + (append_only ? "yes" : "no") + "\n";
  lines += "appendfsync " + options_.appendfsync + "\n";
  lines += options_.tls ? "port 0\ntls-port " + number + "\n" : "port " + number + "\n";
  if (certificates_) {
    lines += "tls-cert-file " + certificates_->server + "\ntls-key-file " +
             certificates_->server_key + "\ntls-ca-cert-file " + certificates_->authority + "\n";
  }
  for (const std::string& line : options_.lines) lines += line + "\n";
  write_file(folder_ / "redis.conf", lines);
  process_.emplace(Command{.words = {server_program("redis-server"), folder_ / "redis.conf"},
                           .folder = folder_.path()});
}

void RedisServer::wait_until_ready() {
  // If this class cannot connect (TLS, other users), it reads the log.
  const bool in_time = wait_until([this] {
    if (!running()) return true;
    if (options_.tls) return log().find("Ready to accept connections") != std::string::npos;
    const auto answer = try_command({"PING"});
    return answer &&
           (answer->type == REDIS_REPLY_STATUS || std::string(answer->str).starts_with("NOAUTH"));
  });
  if (!in_time || !running()) give_up("redis-server is not ready:\n" + log() + process_->errors());
}

void RedisServer::kill() {
  context_.reset();
  process_->kill();
}

std::string RedisServer::host() const { return "127.0.0.1:" + std::to_string(port()); }
std::string RedisServer::url() const { return (options_.tls ? "rediss://" : "redis://") + host(); }

RedisAnswer RedisServer::try_command(const std::vector<std::string>& words) const {
  if (!context_ || context_->err != 0) {
    constexpr timeval long_enough{.tv_sec = 30, .tv_usec = 0};
    context_.reset(redisConnectWithTimeout("127.0.0.1", port(), long_enough));
    if (!context_ || context_->err != 0) return nullptr;
    redisSetTimeout(context_.get(), long_enough);
  }
  std::vector<const char*> begins;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    begins.push_back(word.data());
    lengths.push_back(word.size());
  }
  return RedisAnswer(static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(words.size()), begins.data(), lengths.data())));
}

RedisAnswer RedisServer::command(const std::vector<std::string>& words) const {
  auto answer = try_command(words);
  if (!answer) give_up("redis-server does not answer " + words.front() + ":\n" + log());
  return answer;
}

std::string RedisServer::text(const std::vector<std::string>& words) const {
  const auto answer = command(words);
  if (answer->type == REDIS_REPLY_INTEGER) return std::to_string(answer->integer);
  return answer->str == nullptr ? "" : std::string(answer->str, answer->len);
}

void RedisServer::set(const std::string& name, const std::string& value) const {
  const std::string answer = text({"CONFIG", "SET", name, value});
  if (answer != "OK") give_up("CONFIG SET " + name + ": " + answer);
}

std::string RedisServer::info(const std::string& name) const {
  const std::string all = text({"INFO"});
  const auto at = all.find("\n" + name + ":");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 2;
  return all.substr(begin, all.find('\r', begin) - begin);
}

void RedisServer::keep_copy() const {
  if (text({"SAVE"}) != "OK") give_up("redis-server cannot SAVE:\n" + log());
  fs::copy_file(data() + "/dump.rdb", data() + "/copy.rdb", fs::copy_options::overwrite_existing);
}

// Redis would read the append-only file instead of the snapshot, so this follows the steps of
// https://redis.io/docs/management/persistence/.
void RedisServer::go_back() {
  kill();
  fs::remove_all(data() + "/appendonlydir");
  fs::copy_file(data() + "/copy.rdb", data() + "/dump.rdb", fs::copy_options::overwrite_existing);
  start_process(false);
  wait_until_ready();
  set("appendonly", "yes");
  const bool done = wait_until([this] {
    return info("aof_rewrite_in_progress") == "0" && info("aof_last_bgrewrite_status") == "ok" &&
           info("aof_enabled") == "1" && info("aof_rewrite_scheduled") == "0";
  });
  if (!done) give_up("redis-server does not start an append-only file:\n" + log());
}

}  // namespace headwater::rig
