// One claimant of the claim to lead, which is a key in etcd with the claimant's lease.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/hints/etcd/calls.h"
#include "src/hints/etcd/etcd.h"
#include "src/hints/etcd/gateway.h"
#include "src/ports/hint.h"

namespace headwater::etcd {

/// The holder renews its lease with every claim, and writes nothing, because etcd keeps a history
/// of all writes. It reads the key after that: the lease may live while the key is another's.
///
/// A lease of etcd lives for two seconds at least, and etcd takes its time to end it. A standby is
/// quicker: it asks how much of the holder's lease is left, and so for how long it was not renewed.
/// Once that is `lapse_after`, the standby writes the key with a lease of its own, if the key's
/// revision is still the one that it saw. So only one of several standbys gets it.
///
/// While etcd does not answer, nobody can renew. So a standby believes in a lapse only if it has
/// watched this holder for `lapse_after`, by its own clock and without a break. All of this may be
/// wrong: the stream decides who leads.
class LeaseHint final : public LeaderHint {
 public:
  /// `options` and `clock` must outlive it.
  LeaseHint(const Options& options, std::string key, const Clock& clock);

  [[nodiscard]] Milliseconds interval() const override;
  Result<Claim> claim(std::stop_token stop) override;
  Result<Claim> take(std::stop_token stop) override;
  Result<void> give_up(std::stop_token stop) override;

 private:
  /// Looks at the same entry, without a long break between two of them.
  struct Watch {
    Number mod_revision = "0";
    SteadyTime first{};
    SteadyTime last{};
  };
  Result<Entry> look(const std::stop_token& stop);
  [[nodiscard]] bool is_ours(const Entry& entry) const;
  Result<bool> has_lapsed(const Entry& entry, const std::stop_token& stop);
  /// For how long this entry has been watched without a break.
  [[nodiscard]] Milliseconds watched(const Entry& entry);
  Result<Claim> put(const std::optional<Number>& mod_revision, const std::stop_token& stop);

  const Options* options_;
  std::string key_;
  const Clock* clock_;
  std::string name_;
  Gateway gateway_;
  std::optional<Number> lease_;  // ours, as far as we know; the key may have it
  Watch watch_;
};

/// What the key says to people: who holds the claim, and since when. One line of JSON.
[[nodiscard]] std::string holder_text(const std::string& claimant, WallTime since);

}  // namespace headwater::etcd
