// The MongoDB source passes the contract suite of sources, on SecantusDB and, where one is found,
// on a real mongod.
#include <compare>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/mongodb/contract_rig.h"
#include "testing/rig/temporary_folder.h"
#include "testing/rig/waiting.h"

namespace headwater::testing {
namespace {

/// A replica set of one that has no id of its own, so its name is configured.
class SecantusRig final : public MongoRig {
 public:
  explicit SecantusRig(const RigKind& kind) : MongoRig(kind, 0, {}) {}

  std::unique_ptr<SourceAdapter> other_database() override {
    MongoShell(server().uri()).create(other_collection);
    return make_mongodb_source(options_for(server(), other_collection, {}, "b"), clock());
  }

  /// A real server's snapshot read says when it read. This one says when it replied: what others
  /// wrote between is not in what it read, though it says so.
  Turns* turns() override { return &turns_; }

  /// It forgets each time it has made a thousand changes since its start.
  bool cut_history() override {
    constexpr std::int64_t changes = 1000;
    altered_server().stop();
    server().keep_history(changes + 1);
    server().start();
    MongoShell(server().uri()).insert(noise_collection, noise(changes, 1));
    return true;
  }

 protected:
  [[nodiscard]] std::string identity(const char* name) const override {
    return std::string("mongodb:test-") + name;
  }

 private:
  Turns turns_;
};

/// Real servers, which say who they are.
class RealRig final : public MongoRig {
 public:
  explicit RealRig(const RigKind& kind) : MongoRig(kind, history_mib, {"--syncdelay", "1"}) {}

  std::unique_ptr<SourceAdapter> other_database() override {
    other_ = std::make_unique<MongoServer>(rig::MongoOptions{.kind = kind().server});
    MongoShell(other_->uri()).create(suite_collection);
    return make_mongodb_source(options_for(*other_, suite_collection, {}), clock());
  }

  /// Writes until the oldest change the server still has is later than all there were before. It
  /// forgets by the tenth of its history, only what a checkpoint has (hence one each second), and
  /// has a look only when it has written another tenth.
  bool cut_history() override {
    MongoShell shell(server().uri());
    const rig::ClusterTime newest = shell.time();
    const auto tenth = noise(4, std::size_t{1} << 20U);
    for (std::int64_t mib = 0; mib < history_mib; mib += 4) shell.insert(noise_collection, tenth);
    for (int tries = 0; tries < 50; ++tries) {
      shell.insert(noise_collection, tenth);
      if (rig::wait_until([&] { return has_cut(shell, newest); }, Milliseconds(1500))) return true;
    }
    rig::give_up("the server does not forget");
  }
  [[nodiscard]] bool cut_keeps_newest() const override { return false; }

  /// Images of a real server are the document as the very update left it.
  [[nodiscard]] Value value_after(const Change& change) const override {
    Value value = MongoRig::value_after(change);
    if (images()) {
      EXPECT_TRUE(change.after && value_in(*change.after) == value) << change.id;
    }
    return value;
  }

 protected:
  [[nodiscard]] std::string identity(const char* /*name*/) const override { return ""; }

 private:
  /// And has come to rest: what is above the limit is gone.
  static bool has_cut(MongoShell& shell, rig::ClusterTime newest) {
    const auto first =
        shell.command("local", R"({"find": "oplog.rs", "limit": 1, "sort": {"$natural": 1}})");
    const auto oldest = mongodb::find_time(first.get(), "cursor.firstBatch.0.ts");
    const auto stats = shell.command("local", R"({"collStats": "oplog.rs"})");
    const auto size = mongodb::find_number(stats.get(), "size");
    constexpr std::int64_t most = (history_mib << 20) * 12 / 10;
    return oldest && std::is_gt(*oldest <=> newest) && size && *size < most;
  }

  static constexpr std::int64_t history_mib = 32;

  std::unique_ptr<MongoServer> other_;
};

constexpr RigKind secantus{.server = MongoKind::secantus,
                           .collection = "fields",
                           .images = true,
                           .form = mongodb::ExtendedJson::canonical};

MadeSourceRig secantus_fields() { return std::make_unique<SecantusRig>(secantus); }
MadeSourceRig secantus_texts() {
  RigKind kind = secantus;
  kind.collection = "texts";
  kind.images = false;
  kind.form = mongodb::ExtendedJson::relaxed;
  return std::make_unique<SecantusRig>(kind);
}

MadeSourceRig real(RigKind kind) {
  if (!rig::real_mongod()) return tl::unexpected(std::string(rig::no_real_mongod));
  kind.server = MongoKind::real;
  return std::make_unique<RealRig>(kind);
}
MadeSourceRig real_fields() { return real(secantus); }
/// SecantusDB keeps the documents of such keys in another order than MongoDB's.
MadeSourceRig real_documents() {
  RigKind kind = secantus;
  kind.collection = "documents";
  kind.images = false;
  kind.form = mongodb::ExtendedJson::relaxed;
  return real(kind);
}

INSTANTIATE_TEST_SUITE_P(SecantusFields, SourceSuite, ::testing::Values(&secantus_fields));
INSTANTIATE_TEST_SUITE_P(SecantusTexts, SourceSuite, ::testing::Values(&secantus_texts));
INSTANTIATE_TEST_SUITE_P(RealFields, SourceSuite, ::testing::Values(&real_fields));
INSTANTIATE_TEST_SUITE_P(RealDocuments, SourceSuite, ::testing::Values(&real_documents));

}  // namespace
}  // namespace headwater::testing
