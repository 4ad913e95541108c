#include "src/streams/redis/errors.h"

#include <algorithm>
#include <array>

namespace headwater::redis {
namespace {

using Known = streams::Known<std::string_view>;

/// The meaning of an error reply. Words:
/// https://redis.io/docs/reference/protocol-spec/#simple-errors, and src/server.c,
/// createSharedObjects(), of Redis 7.0. Without a `next`: check whether it answers.
constexpr std::array known_errors{
    Known{"LOADING", Remedy::retry, "stream.unavailable", ""},
    Known{"BUSY", Remedy::retry, "stream.unavailable", ""},
    Known{"TRYAGAIN", Remedy::retry, "stream.unavailable",
          "check the state of the cluster: redis-cli CLUSTER INFO"},
    Known{"CLUSTERDOWN", Remedy::retry, "stream.unavailable",
          "check the state of the cluster: redis-cli CLUSTER INFO"},
    Known{"MASTERDOWN", Remedy::retry, "stream.replica", "set the url to the primary's address"},
    Known{"READONLY", Remedy::retry, "stream.replica", "set the url to the primary's address"},
    // For a client that was waiting when a primary became a replica.
    Known{"UNBLOCKED", Remedy::retry, "stream.replica", "set the url to the primary's address"},
    Known{"NOREPLICAS", Remedy::retry, "stream.too_few_replicas",
          "check the replicas: redis-cli INFO replication"},
    Known{"OOM", Remedy::retry, "stream.out_of_memory",
          "raise its maxmemory, or let it keep less: redis-cli INFO memory"},
    Known{"MISCONF", Remedy::retry, "stream.disk_full",
          "check why it cannot write to its disk: redis-cli INFO persistence; df -h"},
    Known{"NOAUTH", Remedy::stop, "stream.unauthorized",
          "set user and password in the url, or as stream.redis.user and password"},
    Known{"WRONGPASS", Remedy::stop, "stream.unauthorized",
          "correct user and password; try them: redis-cli --user NAME --askpass PING"},
    Known{"NOPERM", Remedy::stop, "stream.unauthorized",
          "grant the permissions that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    Known{
        "DENIED", Remedy::stop, "stream.unauthorized",
        "set a password, or bind it to an address: see 'bind' and 'protected-mode' in redis.conf"},
    // Also from a primary that became a replica.
    Known{"MOVED", Remedy::retry, "stream.other_node", "set the url to the address named there"},
    Known{"ASK", Remedy::retry, "stream.other_node", "set the url to the address named there"},
    Known{"CROSSSLOT", Remedy::stop, "stream.other_node", "begin the key with a {tag}"},
    Known{"WRONGTYPE", Remedy::stop, "stream.other_application",
          "choose another stream.redis.key; another program uses this one"},
};

/// Errors without their own word, by a part of their text.
constexpr std::array known_texts{
    Known{"max number of clients", Remedy::retry, "stream.unavailable",
          "check the connections: redis-cli CLIENT LIST; or raise maxclients"},
    // From a primary that became a replica since the append.
    Known{"WAIT cannot be used with replica", Remedy::retry, "stream.replica",
          "set the url to the primary's address"},
    Known{"user executing the script can't", Remedy::stop, "stream.unauthorized",
          "grant the permissions that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    // The same since Redis 7.2.
    Known{"ACL failure in script", Remedy::stop, "stream.unauthorized",
          "grant the permissions that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    Known{"without any password configured", Remedy::stop, "stream.unauthorized",
          "omit the password, or set one on the server: redis-cli CONFIG SET requirepass"},
};

/// `server` as Server::name() returns it: "host:6379", "[::1]:6379/2".
std::string try_it(const std::string& server) {
  const std::string address = server.substr(0, server.find('/'));
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return "check whether it answers: redis-cli PING";
  const bool bare = address.front() != '[';
  const std::string host = bare ? address.substr(0, colon) : address.substr(1, colon - 2);
  return "check whether it answers: redis-cli -h " + host + " -p " + address.substr(colon + 1) +
         " PING (with --tls if the url begins with rediss)";
}

const Known* find_text(std::string_view reply) {
  const auto* const found = std::ranges::find_if(known_texts, [reply](const Known& each) {
    return reply.find(each.code) != std::string_view::npos;
  });
  return found == known_texts.end() ? nullptr : found;
}

}  // namespace

Error unavailable(const std::string& server, const std::string& why) {
  return streams::unavailable("Redis " + server + ": " + why, try_it(server));
}

Error untrusted(const std::string& server, const std::string& why) {
  return hopeless("stream.untrusted", "Redis " + server + ": TLS failed: " + why,
                  "name the authority that signed its certificate: stream.redis.tls.ca");
}

Error broken(const std::string& server, const Error& error) {
  if (error.name == "network.untrusted") return untrusted(server, error.message);
  if (error.remedy == Remedy::stop) {
    return hopeless("stream.untrusted", "Redis " + server + ": " + error.message, error.next);
  }
  Error known = unavailable(server, error.message);
  if (!error.next.empty()) known.next = error.next;
  if (error.name == "network.unreachable") {
    known.next = "start the server, or correct stream.redis.url";
  }
  return known;
}

Error refused(const std::string& server, std::string_view reply) {
  const std::string message = "Redis " + server + " says: " + std::string(reply);
  const Known* row = find_code(known_errors, reply.substr(0, reply.find(' ')));
  if (row == nullptr) row = find_text(reply);
  if (row == nullptr) {
    return hopeless("stream.refused", message, "see docs/redis.md for its requirements");
  }
  Error error = row->error(message);
  if (error.next.empty()) error.next = try_it(server);
  return error;
}

Error login_refused(const std::string& server, std::string_view reply) {
  Error error = refused(server, reply);
  if (error.name == "stream.refused") {
    error.message = "Redis " + server +
                    " refused AUTH; its reply is not shown because it may contain the password";
  }
  return error;
}

}  // namespace headwater::redis
