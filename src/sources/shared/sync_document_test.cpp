// Sync documents where the database lies.
#include "src/sources/shared/sync_document.h"

#include <gtest/gtest.h>

#include <map>

#include "src/sources/shared/sync_suite.h"

namespace headwater::sources {
namespace {

using Documents = std::map<std::string, std::optional<SyncRecord>>;

/// Documents in memory.
class MemoryStore final : public SyncStore {
 public:
  MemoryStore(Documents& all, std::string relay) : all_(&all), relay_(std::move(relay)) {}

  Result<std::optional<SyncRecord>> read() override {
    const auto found = all_->find(relay_);
    return found == all_->end() ? std::nullopt : found->second;
  }
  Result<bool> replace(const std::optional<SyncRecord>& seen, const SyncRecord& next) override {
    if (*read() != seen) return false;
    (*all_)[relay_] = next;
    return true;
  }
  Result<void> remove(const SyncRecord& seen) override {
    if (*read() == seen) all_->erase(relay_);
    return {};
  }

 private:
  Documents* all_;
  std::string relay_;
};

class MemoryPlace final : public SyncPlace {
 public:
  explicit MemoryPlace(Documents& all) : all_(&all) {}
  [[nodiscard]] std::string describe() const override { return "memory"; }
  Result<void> prepare() override { return {}; }
  Result<void> remove(const std::string& relay) override {
    all_->erase(relay);
    return {};
  }
  Result<std::unique_ptr<SyncStore>> open(const std::string& relay) override {
    return std::make_unique<MemoryStore>(*all_, relay);
  }

 private:
  Documents* all_;
};

class MemoryRig final : public SyncRig {
 public:
  std::unique_ptr<SyncPlace> place() override { return std::make_unique<MemoryPlace>(all_); }
  void write_nonsense(const std::string& relay) override { all_[relay] = std::nullopt; }

 private:
  Documents all_;
};

INSTANTIATE_TEST_SUITE_P(InMemory, SyncDocuments,
                         ::testing::Values([] { return std::make_unique<MemoryRig>(); }));

/// Takes no write, though it says nothing about that: a replica that is cut off, a frozen table.
class FrozenStore final : public SyncStore {
 public:
  Result<std::optional<SyncRecord>> read() override { return std::optional(record); }
  Result<bool> replace(const std::optional<SyncRecord>& /*seen*/,
                       const SyncRecord& /*next*/) override {
    return false;
  }
  Result<void> remove(const SyncRecord& /*seen*/) override { return {}; }

  SyncRecord record{.holder = "somebody", .beat = 7};
};

class FrozenPlace final : public SyncPlace {
 public:
  [[nodiscard]] std::string describe() const override { return "ice"; }
  Result<void> prepare() override { return {}; }
  Result<void> remove(const std::string& /*relay*/) override { return {}; }
  Result<std::unique_ptr<SyncStore>> open(const std::string& /*relay*/) override {
    return std::make_unique<FrozenStore>();
  }
};

TEST(FrozenSyncDocument, IsAnothersForEver) {
  const SystemClock clock;
  const auto adapter = make_sync_document(std::make_unique<FrozenPlace>(), Milliseconds(0));
  const auto hint = adapter->open("orders", clock);
  EXPECT_EQ(hint->claim({}).value(), Claim::others);
  EXPECT_EQ(hint->take({}).value(), Claim::others);
  EXPECT_TRUE(hint->give_up({}));
}

/// Fails until it is well again.
class AwayPlace final : public SyncPlace {
 public:
  AwayPlace(Documents& all, const bool& away) : place_(all), away_(&away) {}
  [[nodiscard]] std::string describe() const override { return "away"; }
  Result<void> prepare() override { return {}; }
  Result<void> remove(const std::string& relay) override { return place_.remove(relay); }
  Result<std::unique_ptr<SyncStore>> open(const std::string& relay) override {
    if (*away_) return fail({.remedy = Remedy::retry, .name = "source.away", .message = "away"});
    return place_.open(relay);
  }

 private:
  MemoryPlace place_;
  const bool* away_;
};

TEST(SyncDocumentAway, IsAnErrorUntilItIsBack) {
  const SystemClock clock;
  Documents all;
  bool away = true;
  const auto adapter =
      make_sync_document(std::make_unique<AwayPlace>(all, away), Milliseconds(3'000));
  const auto hint = adapter->open("orders", clock);
  const auto failed = hint->claim({});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "hint.away");
  EXPECT_EQ(adapter->check("orders").front().kind, Finding::Kind::problem);
  away = false;
  EXPECT_EQ(hint->claim({}).value(), Claim::ours);
}

}  // namespace
}  // namespace headwater::sources
