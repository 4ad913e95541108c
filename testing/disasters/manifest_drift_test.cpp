// manifest_drift: `headwater k8s lint` fails the build if a manifest has three replicas, or
// RollingUpdate.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

Outcome lint(const std::string& path) { return run({.words = {HEADWATER, "k8s", "lint", path}}); }

/// The manifest of this repository with one part of its text replaced.
std::string drifted(const std::string& piece, const std::string& by) {
  std::string manifest = contents(HEADWATER_ROOT "/deploy/kubernetes/relay.yaml");
  const auto at = manifest.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  if (at != std::string::npos) manifest.replace(at, piece.size(), by);
  return manifest;
}

TEST(manifest_drift, OurManifestsHaveOneRelayAndRecreate) {
  const Outcome outcome = lint(HEADWATER_ROOT "/deploy");
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.output << outcome.errors;
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
  EXPECT_NE(outcome.output.find(file + ":"), std::string::npos) << outcome.output;
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

constexpr const char* relay = HEADWATER_ROOT "/deploy/kubernetes/relay.yaml";

TEST(manifest_drift, ReadsStandardInput) {
  const auto piped = [](const std::string& command, const std::string& options = "") {
    return run({.words = {"/bin/bash", "-c",
                          command + " | " + HEADWATER + " k8s lint " + options + " -"}});
  };
  const std::string cat = std::string("cat ") + relay;
  EXPECT_EQ(piped(cat).exit.code, 0);
  const Outcome drifted = piped(cat + " | sed 's/replicas: 1/replicas: 2/'");
  EXPECT_EQ(drifted.exit.code, 1);
  EXPECT_TRUE(drifted.output.starts_with("stdin:")) << drifted.output;
  // A command that failed.
  const Outcome empty = piped("false");
  EXPECT_EQ(empty.exit.code, 1);
  EXPECT_TRUE(empty.output.starts_with("stdin:1: nothing:")) << empty.output;
  EXPECT_NE(piped("false", "--json").output.find("\"rule\": \"nothing\""), std::string::npos);
  EXPECT_NE(piped("false", "--sarif").output.find("\"version\": \"2.1.0\""), std::string::npos);
}

// The real kubectl, without a cluster. It drops comments and sorts keys.
TEST(manifest_drift, ReadsWhatKubectlRenders) {
  if (run({.words = {"/bin/bash", "-c", "command -v kubectl"}}).exit.code != 0) {
    GTEST_SKIP() << "kubectl is not installed";
  }
  const TemporaryFolder folder;
  write_file(folder / "relay.yaml", contents(relay));
  const auto rendered = [&](const std::string& kustomization) {
    write_file(folder / "kustomization.yaml", "resources: [relay.yaml]\n" + kustomization);
    return run({.words = {"/bin/bash", "-c",
                          std::string("kubectl kustomize . | ") + HEADWATER + " k8s lint -"},
                .folder = folder.path()});
  };
  const Outcome good = rendered("");
  EXPECT_EQ(good.exit.code, 0) << good.output << good.errors;
  const std::string two = "replicas: [{name: headwater-shop, count: 2}]\n";
  const Outcome drifted = rendered(two);
  EXPECT_EQ(drifted.exit.code, 1);
  EXPECT_NE(drifted.output.find(": replicas: `replicas` is 2"), std::string::npos)
      << drifted.output << drifted.errors;
  // The same before it is rendered.
  EXPECT_NE(lint(folder.path()).output.find("`count` of headwater-shop is 2"), std::string::npos);
  const Outcome allowed = rendered(
      two +
      "patches:\n"
      "- target: {kind: Deployment}\n"
      "  patch: |\n"
      "    - {op: add, path: /metadata/annotations, value: {headwater/allow-replicas: why}}\n");
  EXPECT_EQ(allowed.exit.code, 0) << allowed.output << allowed.errors;
}

TEST(manifest_drift, NamesAreRepeatedAndDoNotTakeTheFile) {
  const auto named = [](std::vector<std::string> more) {
    std::vector<std::string> words = {HEADWATER, "k8s", "lint"};
    words.insert(words.end(), more.begin(), more.end());
    return run({.words = std::move(words)}).exit.code;
  };
  EXPECT_EQ(named({"--relay", "headwater-shop", relay}), 0);
  EXPECT_EQ(named({"--relay", "headwater-shop", "--relay", "other", relay}), 1);
  EXPECT_EQ(named({}), 2);
  EXPECT_EQ(named({"--json", "--sarif", relay}), 2);
}

TEST(manifest_drift, ReadsEveryManifestNamedAndMissesNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(lint(folder / "missing.yaml").exit.code, 1);
  EXPECT_EQ(lint(folder.path()).exit.code, 1);
}

}  // namespace
}  // namespace headwater::rig
