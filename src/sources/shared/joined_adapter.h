// An adapter for a database that brings a log and a reader of its tables.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/ports/adapter.h"
#include "src/sources/shared/joined_source.h"

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
  [[nodiscard]] std::string explain(const Position& position) const override {
    return position.token;
  }

 protected:
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  [[nodiscard]] virtual const Policies& policies() const = 0;
  /// Blocks until the database has answered.
  virtual Result<JoinedParts> parts() = 0;

 private:
  const Clock* clock_;
};

}  // namespace headwater::sources
