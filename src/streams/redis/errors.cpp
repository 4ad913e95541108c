#include "src/streams/redis/errors.h"

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
  const char* next;
};
constexpr std::array known{
    Known{"LOADING", Remedy::retry, "stream.unavailable", ""},
    Known{"BUSY", Remedy::retry, "stream.unavailable", ""},
    Known{"TRYAGAIN", Remedy::retry, "stream.unavailable", ""},
    Known{"CLUSTERDOWN", Remedy::retry, "stream.unavailable", ""},
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
    Known{"MOVED", Remedy::stop, "stream.other_node", "give the address named there as the url"},
    Known{"ASK", Remedy::retry, "stream.other_node", ""},
    Known{"CROSSSLOT", Remedy::stop, "stream.other_node", "give the key a {tag} at its beginning"},
    Known{"WRONGTYPE", Remedy::stop, "stream.other_application",
          "choose another stream.redis.key: something else has this one"},
};

/// Errors without a word of their own, by a part of their text.
constexpr std::array known_texts{
    Known{"max number of clients", Remedy::retry, "stream.unavailable", ""},
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

}  // namespace

Error unavailable(const std::string& server, const std::string& why) {
  return Error{.remedy = Remedy::retry,
               .origin = Origin::stream,
               .name = "stream.unavailable",
               .message = "Redis " + server + ": " + why};
}

Error untrusted(const std::string& server, const std::string& why) {
  return hopeless("stream.untrusted", "Redis " + server + ": TLS failed: " + why,
                  "name the authority that signed its certificate: stream.redis.tls.ca");
}

Error refused(const std::string& server, std::string_view reply) {
  const std::string_view word = reply.substr(0, reply.find(' '));
  Error error = hopeless("stream.refused", "Redis " + server + " says: " + std::string(reply),
                         "see docs/redis.md for what it has to be");
  const auto is = [&error](const Known& found) {
    error.remedy = found.remedy;
    error.name = found.name;
    error.next = found.next;
  };
  for (const Known& each : known) {
    if (word == each.text) is(each);
  }
  for (const Known& each : known_texts) {
    if (reply.find(each.text) != std::string_view::npos) is(each);
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
