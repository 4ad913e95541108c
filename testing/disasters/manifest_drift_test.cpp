// manifest_drift: the lint fails the build if a manifest has three replicas, or RollingUpdate.
#include <gtest/gtest.h>

#include <string>

#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

Outcome lint(const std::string& file = "") {
  Command command{.words = {"/bin/bash", HEADWATER_ROOT "/deploy/lint"}};
  if (!file.empty()) command.words.push_back(file);
  return run(command);
}

/// The manifest of this repository with one part of its text replaced.
std::string drifted(const std::string& piece, const std::string& by) {
  std::string manifest = contents(HEADWATER_ROOT "/deploy/kubernetes/relay.yaml");
  const auto at = manifest.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  if (at != std::string::npos) manifest.replace(at, piece.size(), by);
  return manifest;
}

TEST(manifest_drift, OurManifestsHaveOneRelayAndRecreate) {
  const Outcome outcome = lint();
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
}

struct Drift {
  const char* name;
  const char* piece;
  const char* by;
};

std::string drift_name(const ::testing::TestParamInfo<Drift>& drift) { return drift.param.name; }

void PrintTo(const Drift& drift, std::ostream* out) { *out << drift.name; }

class manifest_drift : public ::testing::TestWithParam<Drift> {};

TEST_P(manifest_drift, FailsTheBuild) {
  const TemporaryFolder folder;
  const std::string file = folder / "relay.yaml";
  write_file(file, drifted(GetParam().piece, GetParam().by));
  const Outcome outcome = lint(file);
  EXPECT_EQ(outcome.exit.code, 1);
  // It names the place.
  EXPECT_NE(outcome.errors.find(file + ":"), std::string::npos) << outcome.errors;
}

constexpr Drift drifts[] = {
    {"ThreeReplicas", "replicas: 1", "replicas: 3"},
    {"TenReplicas", "replicas: 1", "replicas: 10"},
    {"NoReplicas", "replicas: 1", "revisionHistoryLimit: 1"},
    {"QuotedReplicas", "replicas: 1", "\"replicas\": 3"},
    {"ReplicasTwice", "  replicas: 1 ", "  replicas: 1\n  replicas: 3 "},
    {"ReplicasInBraces", "metadata:\n  name: headwater-shop\n  labels",
     "spec: { replicas: 3 }\nmetadata:\n  labels"},
    {"RollingUpdate", "type: Recreate", "type: RollingUpdate"},
    {"RollingUpdateTwice", "    type: Recreate ", "    type: Recreate\n    type: RollingUpdate "},
    {"RollingUpdateInBraces", "strategy:\n    type: Recreate", "strategy: { type: RollingUpdate }"},
    {"NoStrategy", "  strategy:\n    type: Recreate", "  # none"},
    {"CommentedOut", "    type: Recreate", "    # type: Recreate"},
    {"StatefulSet", "kind: Deployment", "kind: StatefulSet"},
    {"Autoscaler", "apiVersion: v1\nkind: ConfigMap",
     "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler"},
};

INSTANTIATE_TEST_SUITE_P(Drifts, manifest_drift, ::testing::ValuesIn(drifts), drift_name);

TEST(manifest_drift, ReadsEveryManifestNamedAndMissesNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(lint(folder / "missing.yaml").exit.code, 1);
}

}  // namespace
}  // namespace headwater::rig
