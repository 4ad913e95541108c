#include "testing/nats/nats_server.h"

#include <nats/nats.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

constexpr const char* reloaded = "Reloaded server configuration";

/// HEADWATER_NATS_SERVER, else `wanted`, else the usual one.
std::string program(const std::string& wanted) {
  const char* named = std::getenv("HEADWATER_NATS_SERVER");
  if (named != nullptr) return named;
  return wanted.empty() ? server_program("nats-server") : wanted;
}

std::string header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : "";
}

}  // namespace

std::string newer_nats_server() { return find_server("nats-server-newer").value_or(""); }

NatsServer::NatsServer(NatsOptions options) : options_(std::move(options)) {
  fs::create_directories(data());
  if (options_.tls) certificates_ = make_certificates(folder_.path());
  start();
}

NatsServer::~NatsServer() { disconnect(); }

void NatsServer::disconnect() const {
  jsCtx_Destroy(std::exchange(jetstream_, nullptr));
  natsConnection_Destroy(std::exchange(connection_, nullptr));
}

std::string NatsServer::data() const {
  return options_.data.empty() ? folder_ / "data" : options_.data;
}

std::string NatsServer::url() const {
  return std::string(options_.tls ? "tls" : "nats") + "://127.0.0.1:" + std::to_string(port());
}

void NatsServer::write_configuration() const {
  std::string lines = "host: 127.0.0.1\nport: " + std::to_string(port()) + "\n" +
                      "max_payload: 67108864\njetstream: { store_dir: \"" + data() + "\" }\n" +
                      "log_file: \"" + (folder_ / "server.log") + "\"\n";
  if (certificates_) {
    lines += "tls: { cert_file: \"" + certificates_->server + "\", key_file: \"" +
             certificates_->server_key + "\", ca_file: \"" + certificates_->authority +
             "\", verify: " + (options_.verify ? "true" : "false") + " }\n";
  }
  if (!options_.name.empty()) lines += "server_name: " + options_.name + "\n";
  for (const std::string& line : options_.lines) lines += line + "\n";
  write_file(folder_ / "server.conf", lines);
}

void NatsServer::start() {
  write_configuration();
  write_file(folder_ / "server.log", "");
  process_.emplace(Command{.words = {program(options_.program), "-c", folder_ / "server.conf"},
                           .folder = folder_.path()});
  const bool in_time = wait_until(
      [this] { return !running() || log().find("Server is ready") != std::string::npos; });
  if (!in_time || !running()) give_up("nats-server is not ready:\n" + log() + process_->errors());
}

void NatsServer::reload(std::vector<std::string> lines) {
  options_.lines = std::move(lines);
  write_configuration();
  const auto times = [this] {
    const std::string all = log();
    int count = 0;
    for (auto at = all.find(reloaded); at != std::string::npos; at = all.find(reloaded, at + 1)) {
      ++count;
    }
    return count;
  };
  const int before = times();
  process_->signal(SIGHUP);
  if (!wait_until([&] { return times() > before; }))
    give_up("nats-server does not reload its configuration:\n" + log());
}

void NatsServer::kill() {
  disconnect();
  process_->kill();
}

bool NatsServer::connect() const {
  return wait_until([this] { return try_to_connect() || !running(); }) && connection_ != nullptr;
}

bool NatsServer::try_to_connect() const {
  if (connection_ != nullptr && natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED) {
    return true;
  }
  disconnect();
  natsOptions* set = nullptr;
  const std::string url = "nats://" + options_.login + "127.0.0.1:" + std::to_string(port());
  natsOptions_Create(&set);
  natsOptions_SetURL(set, url.c_str());
  natsOptions_SetAllowReconnect(set, false);
  jsOptions asking;
  jsOptions_Init(&asking);
  // In a cluster without a leader, nobody may answer.
  if (options_.name.empty()) asking.Wait = patience.count() / 4;
  const bool well = natsConnection_Connect(&connection_, set) == NATS_OK &&
                    natsConnection_JetStream(&jetstream_, connection_, &asking) == NATS_OK;
  natsOptions_Destroy(set);
  if (!well) disconnect();
  return well;
}

std::uint64_t NatsServer::last(const std::string& stream, const std::string& subject) const {
  natsMsg* message = nullptr;
  std::string why;
  const bool answered = wait_until([&] {
    if (!connect()) return true;
    jsErrCode code{};
    const natsStatus status =
        js_GetLastMsg(&message, jetstream_, stream.c_str(), subject.c_str(), nullptr, &code);
    why = std::string(natsStatus_GetText(status)) + " (" + std::to_string(code) + ")";
    return status == NATS_OK || status == NATS_NOT_FOUND;
  });
  if (!answered) give_up("no answer about stream " + stream + ": " + why + "\n" + log());
  if (message == nullptr) return 0;
  const std::uint64_t sequence = natsMsg_GetSequence(message);
  natsMsg_Destroy(message);
  return sequence;
}

std::vector<NatsMessage> NatsServer::messages(const std::string& stream,
                                              const std::string& subject) const {
  std::vector<NatsMessage> all;
  const std::uint64_t end = last(stream, subject);
  if (end == 0) return all;
  natsSubscription* reading = nullptr;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Ordered = true;
  // After a failover, the stream may not be available at once.
  const bool subscribed = wait_until([&] {
    return connect() && js_SubscribeSync(&reading, jetstream_, subject.c_str(), nullptr, &options,
                                         nullptr) == NATS_OK;
  });
  if (!subscribed) give_up("cannot read stream " + stream + ":\n" + log());
  while (all.empty() || all.back().sequence < end) {
    natsMsg* message = nullptr;
    if (natsSubscription_NextMsg(&message, reading, patience.count()) != NATS_OK) {
      give_up("cannot read on in stream " + stream + ":\n" + log());
    }
    jsMsgMetaData* where = nullptr;
    if (natsMsg_GetMetaData(&where, message) != NATS_OK) give_up("a message without metadata");
    all.push_back({.sequence = where->Sequence.Stream,
                   .subject = natsMsg_GetSubject(message),
                   .id = header(message, "ce-id"),
                   .type = header(message, "ce-type")});
    jsMsgMetaData_Destroy(where);
    natsMsg_Destroy(message);
  }
  // cnats before 3.6.1 may still be processing a message for it, until its connection is closed.
  disconnect();
  natsSubscription_Destroy(reading);
  return all;
}

void NatsServer::publish(const std::string& subject, const std::string& data) const {
  if (!connect() || js_Publish(nullptr, jetstream_, subject.c_str(), data.data(),
                               static_cast<int>(data.size()), nullptr, nullptr) != NATS_OK) {
    give_up("cannot publish to " + subject);
  }
}

void NatsServer::delete_message(const std::string& stream, std::uint64_t sequence) const {
  if (!connect() ||
      js_DeleteMsg(jetstream_, stream.c_str(), sequence, nullptr, nullptr) != NATS_OK) {
    give_up("cannot delete a message of " + stream);
  }
}

void NatsServer::purge(const std::string& stream) const {
  if (!connect() || js_PurgeStream(jetstream_, stream.c_str(), nullptr, nullptr) != NATS_OK) {
    give_up("cannot purge " + stream);
  }
}

void NatsServer::remove(const std::string& stream) const {
  if (!connect() || js_DeleteStream(jetstream_, stream.c_str(), nullptr, nullptr) != NATS_OK) {
    give_up("cannot delete " + stream);
  }
}

std::string NatsServer::leader(const std::string& stream) const {
  jsStreamInfo* info = nullptr;
  if (!connect() ||
      js_GetStreamInfo(&info, jetstream_, stream.c_str(), nullptr, nullptr) != NATS_OK) {
    return "";
  }
  const bool known = info->Cluster != nullptr && info->Cluster->Leader != nullptr;
  std::string name = known ? info->Cluster->Leader : "";
  jsStreamInfo_Destroy(info);
  return name;
}

bool NatsServer::is_current(const std::string& stream, const std::string& replica) const {
  jsStreamInfo* info = nullptr;
  if (!connect() ||
      js_GetStreamInfo(&info, jetstream_, stream.c_str(), nullptr, nullptr) != NATS_OK) {
    return false;
  }
  bool current = false;
  for (int at = 0; info->Cluster != nullptr && at < info->Cluster->ReplicasLen; ++at) {
    const jsPeerInfo& peer = *info->Cluster->Replicas[at];
    if (replica == peer.Name) current = peer.Current && !peer.Offline;
  }
  jsStreamInfo_Destroy(info);
  return current;
}

std::map<std::string, std::string> NatsServer::headers(const std::string& stream,
                                                       std::uint64_t sequence) const {
  natsMsg* message = nullptr;
  const char** names = nullptr;
  int count = 0;
  if (!connect() ||
      js_GetMsg(&message, jetstream_, stream.c_str(), sequence, nullptr, nullptr) != NATS_OK ||
      natsMsgHeader_Keys(message, &names, &count) != NATS_OK) {
    give_up("cannot read message " + std::to_string(sequence) + " of " + stream);
  }
  std::map<std::string, std::string> all;
  for (int at = 0; at < count; ++at) all[names[at]] = header(message, names[at]);
  std::free(names);  // NOLINT(cppcoreguidelines-no-malloc): the library allocated it
  natsMsg_Destroy(message);
  return all;
}

void NatsServer::create(const std::function<void(jsStreamConfig&)>& set) const {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  set(config);
  if (!connect() || js_AddStream(nullptr, jetstream_, &config, nullptr, nullptr) != NATS_OK) {
    give_up("cannot create a stream");
  }
}

void NatsServer::edit(const std::string& stream,
                      const std::function<void(jsStreamConfig&)>& change) const {
  jsStreamInfo* info = nullptr;
  if (!connect() ||
      js_GetStreamInfo(&info, jetstream_, stream.c_str(), nullptr, nullptr) != NATS_OK) {
    give_up("cannot ask for stream " + stream);
  }
  jsStreamConfig config = *info->Config;
  change(config);
  const natsStatus status = js_UpdateStream(nullptr, jetstream_, &config, nullptr, nullptr);
  jsStreamInfo_Destroy(info);
  if (status != NATS_OK) give_up("cannot edit stream " + stream);
}

void NatsServer::set_writable(const std::string& stream, bool writable) const {
  // With other subjects, the stream does not accept messages of these.
  const std::string positions = "headwater.position." + stream;
  std::vector<const char*> subjects{"nothing.of.this"};
  if (writable) subjects = {"events.>", positions.c_str()};
  edit(stream, [&](jsStreamConfig& config) {
    config.Subjects = subjects.data();
    config.SubjectsLen = static_cast<int>(subjects.size());
  });
}

void NatsServer::keep_copy() {
  kill();
  fs::remove_all(folder_ / "copy");
  fs::copy(data(), folder_ / "copy", fs::copy_options::recursive);
  start();
}

void NatsServer::go_back() {
  kill();
  fs::remove_all(data());
  fs::copy(folder_ / "copy", data(), fs::copy_options::recursive);
  start();
}

}  // namespace headwater::rig
