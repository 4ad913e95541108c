#include "testing/rethinkdb/rethink_server.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "testing/rethinkdb/admin_terms.h"
#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

using rethinkdb::Answered;
using rethinkdb::Connection;
using rethinkdb::Failure;
using rethinkdb::Options;
using rethinkdb::Term;
using rethinkdb::TermType;

/// At once, because the server may look at any time.
void replace_file(const std::string& path, const std::string& text) {
  write_file(path + ".new", text);
  std::filesystem::rename(path + ".new", path);
}

Json as_json(std::string_view text) { return Json::parse(text).value_or(Json()); }

}  // namespace

std::optional<std::string> real_rethinkdb() {
  const char* const named = std::getenv("HEADWATER_RETHINKDB");
  if (named == nullptr || *named == '\0') return find_server("rethinkdb");
  if (::access(named, X_OK) != 0) {
    give_up(std::string("HEADWATER_RETHINKDB is not a program that runs: ") + named);
  }
  return named;
}

RethinkServer::RethinkServer(RethinkOptions options)
    : options_(std::move(options)), real_(options_.stand_in ? std::nullopt : real_rethinkdb()) {
  write_file(folder_ / "clock", std::string(sizeof(std::int64_t), '\0'));
  // A real server makes the folder itself, and refuses one that it has not made.
  if (!is_real()) std::filesystem::create_directory(data());
  if (!options_.data.empty()) restore_data(options_.data);
  if (options_.tls) certificates_ = make_certificates(folder_.path());
  start();
}

std::vector<std::string> RethinkServer::command_line() const {
  if (is_real()) return real_command_line();
  std::vector<std::string> words{HEADWATER_RETHINKDB_STAND_IN, "--directory", data(), "--port",
                                 std::to_string(port())};
  if (certificates_) words.insert(words.end(), {"--tls", certificates_->server});
  return words;
}

std::vector<std::string> RethinkServer::real_command_line() const {
  std::vector<std::string> words;
  if (has_clock()) {
    words = {"/usr/bin/env", "LD_PRELOAD=" HEADWATER_STEPPED_CLOCK,
             "HEADWATER_CLOCK=" + (folder_ / "clock")};
  }
  words.insert(
      words.end(),
      {*real_, "--bind", "127.0.0.1", "-d", data(), "--driver-port", std::to_string(port()),
       "--cluster-port", std::to_string(cluster_port()), "--no-http-admin", "--no-update-check"});
  if (certificates_) {
    words.insert(words.end(), {"--driver-tls-cert", certificates_->server, "--driver-tls-key",
                               certificates_->server_key});
  }
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  return words;
}

void RethinkServer::launch() {
  process_.emplace(
      Command{.words = command_line(), .folder = folder_.path(), .output = folder_ / "server.log"});
}

/// A real one has helpers, which may hold its folder for a moment after it was killed.
bool RethinkServer::found_its_folder_in_use() const {
  const std::string log = contents(folder_ / "server.log");
  const auto in_use = log.rfind("is already in use");
  const auto began = log.rfind("Running rethinkdb");
  return in_use != std::string::npos && (began == std::string::npos || began < in_use);
}

void RethinkServer::start() {
  connection_.reset();
  launch();
  const bool in_time = wait_until([this] {
    if (!running() && found_its_folder_in_use()) launch();
    return !running() || connect();
  });
  if (in_time && running()) return;
  give_up("the server " + host() + (in_time ? " has ended:\n" : " is not ready:\n") +
          contents(folder_ / "server.log") + process_->errors());
}

bool RethinkServer::connect() {
  auto opened = Connection::open(options(), {});
  if (!opened) return false;
  connection_ = *std::move(opened);
  return true;
}

void RethinkServer::stop() {
  connection_.reset();
  const auto exit = process_->terminate();
  if (exit != Exit{}) {
    give_up("the server " + host() + " did not stop cleanly:\n" + contents(folder_ / "server.log") +
            process_->errors());
  }
}

void RethinkServer::kill() {
  connection_.reset();
  process_->kill();
}

void RethinkServer::wait_until_gone() {
  if (!process_->wait()) give_up("the server " + host() + " does not end");
  connection_.reset();
}

void RethinkServer::restore_data(const std::string& from) const {
  std::filesystem::remove_all(data());
  std::filesystem::copy(from, data(), std::filesystem::copy_options::recursive);
}

std::string RethinkServer::host() const { return "127.0.0.1:" + std::to_string(port()); }

rethinkdb::ConnectionOptions RethinkServer::options(const std::string& user,
                                                    const std::string& password) const {
  rethinkdb::ConnectionOptions options{.server = {.host = "127.0.0.1", .port = port()},
                                       .login = {.user = user, .password = password},
                                       .connect_patience = patience,
                                       .patience = patience};
  if (certificates_) options.tls = network::TlsFiles{.authority = certificates_->authority};
  return options;
}

void RethinkServer::add_user(const std::string& user, const std::string& password,
                             const std::vector<std::string>& rights) {
  run(rethinkdb::table("rethinkdb", "users")
          .then(TermType::insert, {Term::object({{"id", user}, {"password", password}})}));
  Options granted;
  for (const std::string& each : rights) granted.emplace_back(each, true);
  run(Term::call(rethinkdb::admin::grant, {user, Term::object(granted)}));
}

Json RethinkServer::run(const Term& term, const Options& query_options) {
  auto result = try_run(term, query_options);
  if (!result) give_up("RethinkDB refuses " + term.json() + ":\n" + result.error().error.message);
  return *std::move(result);
}

Answered<Json> RethinkServer::try_run(const Term& term, const Options& query_options) {
  if (!connection_ || !connection_->is_open()) {
    auto opened = Connection::open(options(), {});
    if (!opened) return tl::unexpected(Failure{.error = opened.error()});
    connection_ = *std::move(opened);
  }
  const std::string query = rethinkdb::query::start(term, query_options);
  const auto token = connection_->send(query, {});
  if (!token) return tl::unexpected(Failure{.error = token.error()});
  Json all = Json::array();
  for (;;) {
    auto reply = connection_->receive(*token, patience, {});
    if (!reply) return tl::unexpected(reply.error());
    if (!*reply) give_up("no answer to " + query);
    const auto& answer = (*reply)->answer;
    if (answer.type == rethinkdb::AnswerType::atom) return as_json(answer.results.front());
    for (const std::string_view each : answer.results) all.push_back(as_json(each));
    if (!(*reply)->partial()) return all;
    if (const auto sent = connection_->proceed(*token, {}); !sent) {
      return tl::unexpected(Failure{.error = sent.error()});
    }
  }
}

bool RethinkServer::set_fault(const std::string& name, const std::string& text) const {
  if (is_real()) return false;
  const std::string path = data() + "/" + name;
  if (text.empty()) {
    std::filesystem::remove(path);
  } else {
    replace_file(path, text);
  }
  return true;
}

bool RethinkServer::has_clock() const {
  return !is_real() || ::access(HEADWATER_STEPPED_CLOCK, R_OK) == 0;
}

bool RethinkServer::set_clock(std::int64_t ahead_ms) const {
  if (!is_real()) return set_fault("clock", std::to_string(ahead_ms));
  if (!has_clock()) return false;
  // The server has the file in its memory, so it must stay as long as it is.
  const std::int64_t nanoseconds = ahead_ms * 1'000'000;
  std::fstream file(folder_ / "clock", std::ios::in | std::ios::out | std::ios::binary);
  file.write(static_cast<const char*>(static_cast<const void*>(&nanoseconds)), sizeof nanoseconds);
  return true;
}
bool RethinkServer::set_unavailable(bool unavailable) const {
  return set_fault("unavailable", unavailable ? "yes" : "");
}
bool RethinkServer::set_no_majority(bool missing) const {
  return set_fault("no-majority", missing ? "yes" : "");
}
bool RethinkServer::hold_soft_writes(bool hold) const {
  return set_fault("hold-soft-writes", hold ? "yes" : "");
}
bool RethinkServer::crash_after(unsigned writing_queries) const {
  return set_fault("crash-after", std::to_string(writing_queries));
}

}  // namespace headwater::rig
