#include "src/hints/etcd/errors.h"

namespace headwater::etcd {
namespace {

// Codes of gRPC.
constexpr int deadline_exceeded = 4;
constexpr int not_found = 5;
constexpr int permission_denied = 7;
constexpr int unavailable = 14;
constexpr int unauthenticated = 16;

/// Whatever answers there.
constexpr std::size_t longest_reason = 300;

Error error_of(const std::string& name, const std::string& address, const std::string& why,
               const std::string& next) {
  return {.remedy = Remedy::retry,
          .name = name,
          .message = "etcd " + address + ": " + why.substr(0, longest_reason),
          .next = next};
}

/// Several of etcd's errors have the same code.
bool says(const Complaint& complaint, const char* words) {
  return complaint.message.find(words) != std::string::npos;
}

}  // namespace

Error away(const std::string& address, const std::string& why, const std::string& next) {
  return error_of("hint.away", address, why, next);
}

Error not_etcd(const std::string& address, const std::string& why) {
  return error_of(
      "hint.not_etcd", address, "what answers is not etcd's JSON gateway: " + why,
      "correct standby.etcd.endpoints (https:// if etcd speaks TLS), or start etcd with "
      "--enable-grpc-gateway=true");
}

bool wants_login(const Complaint& complaint) {
  return complaint.code == unauthenticated || says(complaint, "user name is empty") ||
         says(complaint, "revision of auth store is old");
}

bool has_no_users(const Complaint& complaint) {
  return says(complaint, "authentication is not enabled");
}

Error complained(const std::string& address, const std::string& user, const Complaint& complaint) {
  if (complaint.code == unavailable || complaint.code == deadline_exceeded) {
    return away(address, complaint.message, "look at the cluster: etcdctl endpoint status");
  }
  if (complaint.code == not_found && says(complaint, "lease not found")) {
    return error_of("hint.lease_lost", address, "the lease of the claim is gone", "");
  }
  if (complaint.code == permission_denied) {
    return error_of("hint.refused", address, "user '" + user + "' may not use the key",
                    "etcdctl role grant-permission ROLE readwrite --prefix=true PREFIX/ "
                    "(docs/standby.md has all commands)");
  }
  if (says(complaint, "authentication failed")) {
    return error_of("hint.refused", address,
                    "wrong password of user '" + user + "', or no such user",
                    "correct standby.etcd.user and standby.etcd.password, or: etcdctl user add");
  }
  if (wants_login(complaint)) {
    return error_of(
        "hint.refused", address,
        user.empty() ? "it wants a user and a password"
                     : "it refused the token that user '" + user + "' has just got",
        "set standby.etcd.user and standby.etcd.password; a certificate is no user here");
  }
  return error_of("hint.failed", address, complaint.message,
                  "look at the cluster: etcdctl endpoint status; etcdctl alarm list");
}

}  // namespace headwater::etcd
