#include "testing/mongodb/command_lines.h"

#include "testing/mongodb/programs.h"

namespace headwater::rig {
namespace {

using Words = std::vector<std::string>;

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

Words secantus(const MongoOptions& options, const Place& place) {
  Words words{secantus_program(), "--port",   std::to_string(place.port),
              "--storage-path",   place.data, "--log-level",
              "WARNING"};
  if (options.survives_kill) words.emplace_back("--sync-on-commit");
  if (options.history > 0) {
    append(words, {"--oplog-max-entries", std::to_string(options.history)});
  }
  if (!place.key_file.empty()) words.emplace_back("--auth");
  if (place.certificates != nullptr) {
    append(words, {"--tls-cert-file", place.certificates->server, "--tls-key-file",
                   place.certificates->server_key, "--tls-ca-file", place.certificates->authority});
  }
  return words;
}

Words real(const MongoOptions& options, const Place& place) {
  const auto program = real_mongod();
  if (!program) give_up(no_real_mongod);
  // A mongod always has a journal, so it always survives a kill.
  Words words{*program,
              "--port",
              std::to_string(place.port),
              "--bind_ip",
              "127.0.0.1",
              "--dbpath",
              place.data,
              "--replSet",
              set_name(MongoKind::real),
              "--nounixsocket",
              "--setParameter",
              "diagnosticDataCollectionEnabled=false",
              "--wiredTigerCacheSizeGB",
              "0.25"};
  if (options.history > 0) append(words, {"--oplogSize", std::to_string(options.history)});
  if (!place.key_file.empty()) append(words, {"--auth", "--keyFile", place.key_file});
  if (place.certificates != nullptr) {
    append(words, {"--tlsMode", "requireTLS", "--tlsCertificateKeyFile", place.certificates->server,
                   "--tlsCAFile", place.certificates->authority,
                   "--tlsAllowConnectionsWithoutCertificates"});
  }
  return words;
}

}  // namespace

std::string set_name(MongoKind kind) {
  return kind == MongoKind::secantus ? "secantus" : "headwater";
}

MongoKind kind_of(const std::string& uri) {
  const bool secantus =
      uri.find("replicaSet=" + set_name(MongoKind::secantus)) != std::string::npos;
  return secantus ? MongoKind::secantus : MongoKind::real;
}

Words command_line(const MongoOptions& options, const Place& place) {
  Words words =
      options.kind == MongoKind::secantus ? secantus(options, place) : real(options, place);
  append(words, options.arguments);
  return words;
}

}  // namespace headwater::rig
