// An adapter for a database that brings a log and a reader of its tables.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/shared/joined_source.h"
#include "src/sources/shared/place.h"

namespace headwater::sources {

/// Adds what depends on no database, if nothing has to be installed in it. What derives from it
/// describes itself and connects; the rest it may say better.
class JoinedAdapter : public SourceAdapter {
 public:
  /// `clock` must outlive it.
  explicit JoinedAdapter(const Clock& clock) : clock_(&clock) {}

  [[nodiscard]] OnLarge on_large() const override;
  Result<Report> prepare(const std::string& relay) override { return check(relay, std::nullopt); }
  Result<Report> remove(const std::string& relay) override;
  /// Whether the database answers and has the changes after the tail.
  Report check(const std::string& relay, const std::optional<Tail>& tail) override;
  Result<Position> beginning(const std::string& relay) override;
  Result<std::unique_ptr<Source>> connect(const std::string& relay) override;
  /// Fails with `source.no_audit`.
  Result<std::unique_ptr<Audit>> audit(const std::string& relay) override;
  Result<Position> position(const std::string& relay, const std::string& words) override;
  /// The request is in the position that it returns. Also fails with `source.not_begun`. The same
  /// request at another tail, which a running relay has moved, asks the database nothing.
  Result<std::optional<Position>> read_again(const std::string& relay, const Tail& tail,
                                             const std::vector<std::string>& tables,
                                             const std::string& filter) override;
  [[nodiscard]] std::string explain(const Position& position) const override {
    return position.token;
  }

 protected:
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  [[nodiscard]] virtual const Policies& policies() const = 0;
  /// Blocks until the database has answered.
  virtual Result<JoinedParts> parts() = 0;
  /// The position with another place in it, which `change` makes of the one it has. Fails as `change`
  /// does, and with `source.bad_position`. Does not block.
  [[nodiscard]] virtual Result<Position> with_place(
      const Position& position, const std::function<Result<void>(Place&)>& change) const = 0;

 private:
  struct Checked {
    std::string relay;
    std::vector<std::string> tables;
    ReadRequest request;
  };
  Result<ReadRequest> checked(const std::string& relay, const Tail& tail,
                              const std::vector<std::string>& tables, const std::string& filter);

  const Clock* clock_;
  std::mutex mutex_;
  std::optional<Checked> checked_;  // the last request that was found right
};

}  // namespace headwater::sources
