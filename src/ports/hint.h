// A hint at who leads: a lease in etcd, or a document beside the data (a sync document). It only
// says when a standby should try to lead. The stream's fence decides who appends, whatever the hint
// says, so a hint may be wrong, late, frozen or gone.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/report.h"

namespace headwater {

/// Whose the claim to lead is.
enum class Claim { ours, others };

/// The claim to lead one relay, which one of its processes has. Each object is a claimant of its
/// own. Calls block for a second or two at the most, end early when `stop` is requested, and are
/// made one at a time. Their errors are to be retried: `hint.away`, `hint.refused` and what the
/// database says.
class LeaderHint {
 public:
  virtual ~LeaderHint() = default;

  /// How often to claim. A claim that was not renewed for several times as long has lapsed.
  [[nodiscard]] virtual Milliseconds interval() const = 0;

  /// Renews the claim if it is ours; makes it ours if nobody has it, or if it has lapsed.
  virtual Result<Claim> claim(std::stop_token stop) = 0;
  /// Makes the claim ours, whoever has it: the stream has just shown who leads.
  virtual Result<Claim> take(std::stop_token stop) = 0;
  /// Gives the claim up if it is ours, so that nobody waits until it has lapsed.
  virtual Result<void> give_up(std::stop_token stop) = 0;
};

/// A configured hint, not yet connected. All calls block, and each may be made from any thread.
class HintAdapter {
 public:
  virtual ~HintAdapter() = default;

  /// For messages: "etcd 10.0.0.7:2379".
  [[nodiscard]] virtual std::string describe() const = 0;

  /// Makes ready whatever the claims of this relay need; safe to repeat; reports what it did.
  virtual Result<Report> prepare(const std::string& relay) = 0;
  /// Removes what prepare() and the claims of this relay left.
  virtual Result<Report> remove(const std::string& relay) = 0;
  /// Changes nothing.
  virtual Report check(const std::string& relay) = 0;

  /// Connects only when the first call needs it. `clock` and the adapter must outlive the hint.
  virtual std::unique_ptr<LeaderHint> open(const std::string& relay, const Clock& clock) = 0;
};

}  // namespace headwater
