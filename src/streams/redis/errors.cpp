#include "src/streams/redis/errors.h"

#include <algorithm>
#include <array>
#include <utility>

namespace headwater::redis {
namespace {

/// How an error reply reads. Words: https://redis.io/docs/reference/protocol-spec/#simple-errors,
/// and src/server.c, createSharedObjects(), of Redis 7.0.
struct Known {
  std::string_view text;
  Remedy remedy;
  const char* name;
  const char* next;  ///< Empty: to see whether it answers.
};
constexpr std::array known_errors{
    Known{"LOADING", Remedy::retry, "stream.unavailable", ""},
    Known{"BUSY", Remedy::retry, "stream.unavailable", ""},
    Known{"TRYAGAIN", Remedy::retry, "stream.unavailable",
          "see what its nodes are about: redis-cli CLUSTER INFO"},
    Known{"CLUSTERDOWN", Remedy::retry, "stream.unavailable",
          "see what its nodes are about: redis-cli CLUSTER INFO"},
    Known{"MASTERDOWN", Remedy::retry, "stream.replica", "give the primary's address as the url"},
    Known{"READONLY", Remedy::retry, "stream.replica", "give the primary's address as the url"},
    // To whoever was waiting when a primary became a replica.
    Known{"UNBLOCKED", Remedy::retry, "stream.replica", "give the primary's address as the url"},
    Known{"NOREPLICAS", Remedy::retry, "stream.too_few_replicas",
          "see which are there: redis-cli INFO replication"},
    Known{"OOM", Remedy::retry, "stream.out_of_memory",
          "raise its maxmemory, or let it keep less: redis-cli INFO memory"},
    Known{"MISCONF", Remedy::retry, "stream.disk_full",
          "see why it cannot write to its disk: redis-cli INFO persistence; df -h"},
    Known{"NOAUTH", Remedy::stop, "stream.unauthorized",
          "give user and password in the url, or as stream.redis.user and password"},
    Known{"WRONGPASS", Remedy::stop, "stream.unauthorized",
          "correct user and password; to try them: redis-cli --user NAME --askpass PING"},
    Known{"NOPERM", Remedy::stop, "stream.unauthorized",
          "give the user the rights that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    Known{"DENIED", Remedy::stop, "stream.unauthorized",
          "give it a password, or have it listen on an address of its own: see 'bind' and "
          "'protected-mode' in redis.conf"},
    // Also of a primary that became a replica.
    Known{"MOVED", Remedy::retry, "stream.other_node", "give the address named there as the url"},
    Known{"ASK", Remedy::retry, "stream.other_node", "give the address named there as the url"},
    Known{"CROSSSLOT", Remedy::stop, "stream.other_node", "give the key a {tag} at its beginning"},
    Known{"WRONGTYPE", Remedy::stop, "stream.other_application",
          "choose another stream.redis.key: something else has this one"},
};

/// Errors without a word of their own, by a part of their text.
constexpr std::array known_texts{
    Known{"max number of clients", Remedy::retry, "stream.unavailable",
          "see who is connected: redis-cli CLIENT LIST; or raise maxclients"},
    // Of a primary that became a replica since the append.
    Known{"WAIT cannot be used with replica", Remedy::retry, "stream.replica",
          "give the primary's address as the url"},
    Known{"user executing the script can't", Remedy::stop, "stream.unauthorized",
          "give the user the rights that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    // The same since Redis 7.2.
    Known{"ACL failure in script", Remedy::stop, "stream.unauthorized",
          "give the user the rights that docs/redis.md lists: redis-cli ACL GETUSER NAME"},
    Known{"without any password configured", Remedy::stop, "stream.unauthorized",
          "leave the password away, or set one there: redis-cli CONFIG SET requirepass"},
};

/// `server` as Server::name() tells it: "host:6379", "[::1]:6379/2".
std::string try_it(const std::string& server) {
  const std::string address = server.substr(0, server.find('/'));
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return "see whether it answers: redis-cli PING";
  const bool bare = address.front() != '[';
  const std::string host = bare ? address.substr(0, colon) : address.substr(1, colon - 2);
  return "see whether it answers: redis-cli -h " + host + " -p " + address.substr(colon + 1) +
         " PING (with --tls where the url begins with rediss)";
}

const Known* find_word(std::string_view reply) {
  const std::string_view word = reply.substr(0, reply.find(' '));
  const auto* const found = std::ranges::find(known_errors, word, &Known::text);
  return found == known_errors.end() ? nullptr : found;
}

const Known* find_text(std::string_view reply) {
  const auto* const found = std::ranges::find_if(known_texts, [reply](const Known& each) {
    return reply.find(each.text) != std::string_view::npos;
  });
  return found == known_texts.end() ? nullptr : found;
}

}  // namespace

Error unavailable(const std::string& server, const std::string& why) {
  return Error{.remedy = Remedy::retry,
               .origin = Origin::stream,
               .name = "stream.unavailable",
               .message = "Redis " + server + ": " + why,
               .next = try_it(server)};
}

Error untrusted(const std::string& server, const std::string& why) {
  return hopeless("stream.untrusted", "Redis " + server + ": TLS failed: " + why,
                  "name the authority that signed its certificate: stream.redis.tls.ca");
}

Error refused(const std::string& server, std::string_view reply) {
  Error error = hopeless("stream.refused", "Redis " + server + " says: " + std::string(reply),
                         "see docs/redis.md for what it has to be");
  const Known* found = find_word(reply);
  if (found == nullptr) found = find_text(reply);
  if (found == nullptr) return error;
  error.remedy = found->remedy;
  error.name = found->name;
  error.next = *found->next == '\0' ? try_it(server) : found->next;
  return error;
}

Error login_refused(const std::string& server, std::string_view reply) {
  Error error = refused(server, reply);
  if (error.name == "stream.refused") {
    error.message = "Redis " + server +
                    " takes no AUTH; its reply is not repeated here, it may hold the password";
  }
  return error;
}

Error hopeless(std::string name, std::string message, std::string next) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = std::move(name),
               .message = std::move(message),
               .next = std::move(next)};
}

}  // namespace headwater::redis
