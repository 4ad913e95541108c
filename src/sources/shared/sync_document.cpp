#include "src/sources/shared/sync_document.h"

#include <unistd.h>

#include <limits>
#include <utility>

#include "src/base/machine.h"
#include "src/base/unique.h"

namespace headwater::sources {
namespace {

/// A claim lapses after so many intervals.
constexpr int beats_until_lapse = 4;
/// Another may change the document between a read and the write behind it.
constexpr int tries = 3;

/// Unlike a process id, it also differs between containers.
std::string new_claimant() {
  return machine_name() + "/" + std::to_string(::getpid()) + "/" + unique_name();
}

/// The relay itself may be well. Only what has a name of its own keeps it.
Error of_the_hint(Error error) {
  error.remedy = Remedy::retry;
  if (!error.name.starts_with("hint.")) error.name = "hint.away";
  error.message.insert(0, "the sync document, a hint only: ");
  return error;
}

class SyncDocument final : public LeaderHint {
 public:
  SyncDocument(SyncPlace& place, std::string relay, Milliseconds lapse_after, const Clock& clock)
      : place_(&place),
        relay_(std::move(relay)),
        lapse_after_(lapse_after),
        clock_(&clock),
        self_(new_claimant()) {}

  [[nodiscard]] Milliseconds interval() const override { return lapse_after_ / beats_until_lapse; }

  Result<Claim> claim(std::stop_token /*stop*/) override {
    return changing<Claim>([this](const auto& seen) -> Result<Claim> {
      if (seen && seen->holder != self_ && !has_lapsed(*seen)) return Claim::others;
      return hold(seen);
    });
  }

  Result<Claim> take(std::stop_token stop) override {
    for (int i = 0; i < tries; ++i) {
      auto taken = changing<Claim>([this](const auto& seen) { return hold(seen); });
      if (!taken || *taken == Claim::ours || stop.stop_requested()) return taken;
    }
    return Claim::others;
  }

  Result<void> give_up(std::stop_token /*stop*/) override {
    return changing<void>([this](const auto& seen) -> Result<void> {
      if (!seen || seen->holder != self_) return {};
      return store_->remove(*seen);
    });
  }

 private:
  /// Calls `change` with what the document says now. After a failure, it connects again.
  template <class T, class Change>
  Result<T> changing(const Change& change) {
    if (!store_) {
      auto store = place_->open(relay_);
      if (!store) return fail(of_the_hint(std::move(store.error())));
      store_ = *std::move(store);
    }
    auto seen = store_->read();
    Result<T> changed = seen ? change(*seen) : Result<T>(failed(seen));
    if (changed) return changed;
    store_.reset();
    return fail(of_the_hint(std::move(changed.error())));
  }

  Result<Claim> hold(const std::optional<SyncRecord>& seen) {
    // A beat that somebody has set to the largest number goes on from 1.
    const bool counts = seen && seen->beat < std::numeric_limits<std::int64_t>::max();
    auto replaced = store_->replace(seen, {.holder = self_, .beat = counts ? seen->beat + 1 : 1});
    if (!replaced) return failed(replaced);
    return *replaced ? Claim::ours : Claim::others;
  }

  bool has_lapsed(const SyncRecord& seen) {
    const SteadyTime now = clock_->steady();
    if (seen != watched_) {
      watched_ = seen;
      watched_since_ = now;
    }
    return now - watched_since_ >= lapse_after_;
  }

  SyncPlace* place_;
  std::string relay_;
  Milliseconds lapse_after_;
  const Clock* clock_;
  std::string self_;
  std::unique_ptr<SyncStore> store_;
  std::optional<SyncRecord> watched_;  // another's
  SteadyTime watched_since_{};
};

class SyncDocumentAdapter final : public HintAdapter {
 public:
  SyncDocumentAdapter(std::unique_ptr<SyncPlace> place, Milliseconds lapse_after)
      : place_(std::move(place)), lapse_after_(lapse_after) {}

  [[nodiscard]] std::string describe() const override {
    return "sync document in " + place_->describe();
  }

  Result<Report> prepare(const std::string& /*relay*/) override {
    if (auto made = place_->prepare(); !made) return failed(made);
    return Report{{.kind = Finding::Kind::ok, .what = describe() + ": ready"}};
  }

  Result<Report> remove(const std::string& relay) override {
    if (auto removed = place_->remove(relay); !removed) return failed(removed);
    return Report{{.kind = Finding::Kind::ok, .what = describe() + ": removed"}};
  }

  Report check(const std::string& relay) override {
    auto store = place_->open(relay);
    if (!store) return {problem(of_the_hint(std::move(store.error())))};
    auto record = (*store)->read();
    if (!record) return {problem(of_the_hint(std::move(record.error())))};
    const std::string holder =
        *record ? "claimed by " + (*record)->holder : "nobody has claimed it";
    return {{.kind = Finding::Kind::ok, .what = describe() + ": " + holder}};
  }

  std::unique_ptr<LeaderHint> open(const std::string& relay, const Clock& clock) override {
    return std::make_unique<SyncDocument>(*place_, relay, lapse_after_, clock);
  }

 private:
  std::unique_ptr<SyncPlace> place_;
  Milliseconds lapse_after_;
};

}  // namespace

std::unique_ptr<HintAdapter> make_sync_document(std::unique_ptr<SyncPlace> place,
                                                Milliseconds lapse_after) {
  return std::make_unique<SyncDocumentAdapter>(std::move(place), lapse_after);
}

}  // namespace headwater::sources
