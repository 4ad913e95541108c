// Fake adapters with a test's content, to test commands independently of sources and streams.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/cli/configured.h"
#include "src/ports/adapter.h"

namespace headwater::cli {

/// Positions are "1", "2", …: the number of changes processed.
struct FakeFeed {
  std::uint64_t changes = 0;     ///< Committed so far.
  std::uint64_t held_after = 0;  ///< Changes up to here were removed.
  bool counts = false;           ///< Reports a backlog.
  bool orders = false;           ///< Can order two positions.
  std::string beginning;         ///< The result of the adapter's beginning().
  int beginnings = 0;            ///< Number of calls of beginning().
  Ordering ordering = Ordering::total;
};

class FakeSource final : public Source {
 public:
  explicit FakeSource(const FakeFeed& feed) : feed_(feed) {}
  [[nodiscard]] std::string identity() const override { return "fake:1"; }
  Result<void> open(const Position& after, std::stop_token /*stop*/) override {
    at_ = after.empty() ? 0 : std::stoull(after.token);
    if (at_ >= feed_.held_after) return {};
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.history_lost",
                 .message = "gone"});
  }
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds, std::stop_token) override {
    ChangeBatch batch;
    while (at_ < feed_.changes && batch.changes.size() < limits.count) {
      Change change;
      change.database = "fakes";
      change.position = {std::to_string(++at_)};
      const std::size_t size = footprint(change);
      batch.add(std::move(change), size);
    }
    batch.position = {std::to_string(at_)};
    batch.current = at_ == feed_.changes;
    if (feed_.counts) batch.backlog = feed_.changes - at_;
    return batch;
  }
  Result<void> release(const Durable&) override { return {}; }

 private:
  const FakeFeed& feed_;
  std::uint64_t at_ = 0;
};

class FakeSourceAdapter final : public SourceAdapter {
 public:
  explicit FakeSourceAdapter(FakeFeed& feed) : feed_(feed) {}
  [[nodiscard]] std::string describe() const override { return "fake"; }
  [[nodiscard]] Ordering ordering() const override { return feed_.ordering; }
  Result<Report> prepare(const std::string&) override { return Report{{.what = "looked at"}}; }
  Result<Position> beginning(const std::string&) override {
    ++feed_.beginnings;
    return Position{feed_.beginning};
  }
  Result<Report> remove(const std::string&) override { return Report(); }
  Report check(const std::string&, const std::optional<Tail>&) override { return {}; }
  Result<std::unique_ptr<Source>> connect(const std::string&) override {
    return std::make_unique<FakeSource>(feed_);
  }
  Result<std::unique_ptr<Audit>> audit(const std::string&) override {
    return fail({.name = "fake.no_audit"});
  }
  Result<Position> position(const std::string&, const std::string& words) override {
    return Position{words};
  }
  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    if (!feed_.orders || a.empty() || b.empty()) return SourceAdapter::order(a, b);
    return std::stoull(a.token) <=> std::stoull(b.token);
  }
  [[nodiscard]] std::string explain(const Position& position) const override {
    return "change " + position.token;
  }

 private:
  FakeFeed& feed_;
};

/// Tails by relay, and the result of an append.
struct FakeTails {
  std::map<std::string, Tail> tails;
  std::optional<Error> refusal;
  bool several = true;
  bool exactly_once = true;
  Ordering ordering = Ordering::total;
  Milliseconds pause{0};
};

class FakeWriter final : public StreamWriter {
 public:
  FakeWriter(FakeTails& tails, std::string relay) : tails_(tails), relay_(std::move(relay)) {}
  Result<Durable> tail(std::stop_token /*stop*/) override {
    return Durable::confirmed_by_stream(tails_.tails[relay_]);
  }
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token /*stop*/) override {
    if (tails_.refusal) return fail(*tails_.refusal);
    Tail& tail = tails_.tails[relay_];
    if (tail != expected) return fail({.remedy = Remedy::stand_by, .name = "stream.conflict"});
    tail = {.sequence = tail.sequence + events.size(), .position = position, .source = source};
    return Durable::confirmed_by_stream(tail);
  }
  Result<bool> maintain() override { return false; }

 private:
  FakeTails& tails_;
  std::string relay_;
};

class FakeStreamAdapter final : public StreamAdapter {
 public:
  explicit FakeStreamAdapter(FakeTails& tails) : tails_(tails) {}
  [[nodiscard]] std::string describe() const override { return "fake stream"; }
  [[nodiscard]] bool exactly_once() const override { return tails_.exactly_once; }
  [[nodiscard]] Ordering ordering() const override { return tails_.ordering; }
  [[nodiscard]] bool takes_several_relays() const override { return tails_.several; }
  [[nodiscard]] Milliseconds append_pause() const override { return tails_.pause; }
  Result<Report> prepare(const std::string&) override { return Report{{.what = "made"}}; }
  Result<Report> remove(const std::string& relay) override {
    tails_.tails.erase(relay);
    return Report();
  }
  Report check(const std::string&) override { return {}; }
  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    return std::make_unique<FakeWriter>(tails_, relay);
  }
  Result<std::unique_ptr<StreamReader>> reader() override {
    return fail({.name = "stream.not_readable"});
  }

 private:
  FakeTails& tails_;
};

}  // namespace headwater::cli
