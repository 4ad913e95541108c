// The errors of this hint. All are to be retried: somebody may repair what is wrong.
#pragma once

#include <string>

#include "src/base/error.h"

namespace headwater::etcd {

/// An answer of etcd that is an error.
struct Complaint {
  int code = 0;           ///< gRPC's.
  std::string message{};  ///< "etcdserver: permission denied"
};

/// No answer, or one that says that this member cannot help now.
[[nodiscard]] Error away(const std::string& address, const std::string& why,
                         const std::string& next);
/// What answers is not etcd's JSON gateway.
[[nodiscard]] Error not_etcd(const std::string& address, const std::string& why);
[[nodiscard]] Error complained(const std::string& address, const std::string& user,
                               const Complaint& complaint);

/// Whether another member may do better.
[[nodiscard]] inline bool is_away(const Error& error) { return error.name == "hint.away"; }
/// The lease has ended: too late renewed, revoked, or etcd lost it.
[[nodiscard]] inline bool is_lease_lost(const Error& error) {
  return error.name == "hint.lease_lost";
}

/// Whether the token was refused, or is missing.
[[nodiscard]] bool wants_login(const Complaint& complaint);
/// Whether this etcd has no users.
[[nodiscard]] bool has_no_users(const Complaint& complaint);

}  // namespace headwater::etcd
