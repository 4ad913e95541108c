// The calls of etcd that a claim needs. They fail as Gateway::call() does.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "src/base/error.h"
#include "src/hints/etcd/gateway.h"

namespace headwater::etcd {

/// A revision of etcd's, or the id of a lease: numbers of 64 bits, which JSON has as text.
using Number = std::string;

/// A key as it is now.
struct Entry {
  Number mod_revision = "0";  ///< Of the last write; "0": there is no such key.
  Number lease = "0";         ///< "0": none.
  std::string value{};

  [[nodiscard]] bool is_there() const { return mod_revision != "0"; }
};

/// Reads what a majority of the cluster has agreed on.
Result<Entry> read(Gateway& gateway, const std::string& key, const std::stop_token& stop);
/// Writes the key with this lease, if its revision is still this one (nullopt: whatever it is).
/// Returns whether it did. `hint.lease_lost`: there is no such lease.
Result<bool> write(Gateway& gateway, const std::string& key, const std::string& value,
                   const Number& lease, const std::optional<Number>& mod_revision,
                   const std::stop_token& stop);
/// Returns whether the key was there.
Result<bool> erase(Gateway& gateway, const std::string& key, const std::stop_token& stop);
/// Asks for a write that never happens: etcd checks the right to it first.
Result<void> check_write(Gateway& gateway, const std::string& key, const std::stop_token& stop);

Result<Number> grant(Gateway& gateway, std::chrono::seconds lifetime, const std::stop_token& stop);
/// Returns false if there is no such lease any more.
Result<bool> renew(Gateway& gateway, const Number& lease, const std::stop_token& stop);
/// The time for which the lease was certainly not renewed. nullopt: there is no such lease.
Result<std::optional<std::chrono::seconds>> unrenewed(Gateway& gateway, const Number& lease,
                                                      const std::stop_token& stop);
/// Ends the lease, and with it the key that has it. Also succeeds if there is no such lease.
Result<void> revoke(Gateway& gateway, const Number& lease, const std::stop_token& stop);

}  // namespace headwater::etcd
