#include "src/kubernetes/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <set>
#include <string>
#include <vector>

#include "src/kubernetes/testing.h"

namespace headwater::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string local =
    "relay: shop\nsource: { x: { path: /shop/shop.db } }\nstream: { x: { path: /events/e.db } }\n";
const std::string remote =
    "relay: shop\nsource: { x: { url: 'm://u:${PW}@h:27017' } }\n"
    "stream: { x: { url: 'n://h:4222', ca: tls/ca.pem } }\n";

class ManifestTest : public ::testing::Test {
 protected:
  Result<std::string> write(const std::string& yaml, ManifestOptions options) const {
    options.file = "shop.yaml";
    if (options.image.empty()) options.image = "headwater:1";
    return manifest(options, survey_of(folder_, yaml));
  }
  std::string text(const std::string& yaml, ManifestOptions options = {}) const {
    auto written = write(yaml, std::move(options));
    EXPECT_TRUE(written) << written.error().message;
    return written ? *written : "";
  }
  std::vector<YAML::Node> documents(const std::string& yaml, ManifestOptions options = {}) const {
    return YAML::LoadAll(text(yaml, std::move(options)));
  }
  YAML::Node object(const std::string& kind, const std::string& yaml,
                    ManifestOptions options = {}) const {
    for (const YAML::Node& document : documents(yaml, std::move(options))) {
      if (document["kind"].as<std::string>() == kind) return document;
    }
    ADD_FAILURE() << "no " << kind;
    return {};
  }

  config::TemporaryFolder folder_;
};

std::vector<std::string> kinds(const std::vector<YAML::Node>& documents) {
  std::vector<std::string> kinds;
  kinds.reserve(documents.size());
  for (const YAML::Node& document : documents) kinds.push_back(document["kind"].as<std::string>());
  return kinds;
}

TEST_F(ManifestTest, ARelayHasItsObjects) {
  EXPECT_THAT(kinds(documents(local)),
              ElementsAre("ConfigMap", "PersistentVolumeClaim", "ServiceAccount", "Service",
                          "NetworkPolicy", "Deployment", "ServiceMonitor"));
}

TEST_F(ManifestTest, SeveralRelaysShareTheConfiguration) {
  const std::string several =
      "relays:\n  - { relay: a, source: { x: { path: /s/s.db } }, stream: { x: { path: /e/e.db } } "
      "}\n"
      "  - { relay: A, source: { x: { path: /t/t.db } }, stream: { x: { path: /e/e.db } } }\n";
  std::set<std::string> names;
  int maps = 0;
  int claims = 0;
  for (const YAML::Node& document : documents(several)) {
    const auto kind = document["kind"].as<std::string>();
    maps += kind == "ConfigMap" ? 1 : 0;
    claims += kind == "PersistentVolumeClaim" ? 1 : 0;
    if (kind != "Deployment") continue;
    names.insert(document["metadata"]["name"].as<std::string>());
    EXPECT_EQ(document["spec"]["replicas"].as<int>(), 1);
    EXPECT_EQ(document["spec"]["strategy"]["type"].as<std::string>(), "Recreate");
  }
  EXPECT_EQ(names.size(), 2U);
  EXPECT_EQ(maps, 1);
  EXPECT_EQ(claims, 1);
  const auto one = documents(several, {.relay = "A"});
  EXPECT_THAT(kinds(one), ElementsAre("ConfigMap", "PersistentVolumeClaim", "ServiceAccount",
                                      "Service", "NetworkPolicy", "Deployment", "ServiceMonitor"));
  EXPECT_EQ(one[0]["metadata"]["name"].as<std::string>(), "headwater-a");
  const auto unknown = write(several, {.relay = "b"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().next, HasSubstr("--relay a"));
}

TEST_F(ManifestTest, TheRelayRunsAsNobodyWhoMayDoAnything) {
  const YAML::Node pod = object("Deployment", remote)["spec"]["template"]["spec"];
  EXPECT_TRUE(pod["securityContext"]["runAsNonRoot"].as<bool>());
  EXPECT_FALSE(pod["automountServiceAccountToken"].as<bool>());
  EXPECT_EQ(pod["terminationGracePeriodSeconds"].as<int>(), 10);
  for (const YAML::Node& container : {pod["initContainers"][0], pod["containers"][0]}) {
    const YAML::Node security = container["securityContext"];
    EXPECT_FALSE(security["allowPrivilegeEscalation"].as<bool>());
    EXPECT_TRUE(security["readOnlyRootFilesystem"].as<bool>());
    EXPECT_EQ(security["capabilities"]["drop"][0].as<std::string>(), "ALL");
    EXPECT_EQ(container["resources"]["limits"]["memory"].as<std::string>(), "512Mi");
    EXPECT_EQ(container["env"][0]["valueFrom"]["secretKeyRef"]["name"].as<std::string>(),
              "headwater-shop");
  }
  const YAML::Node relay = pod["containers"][0];
  EXPECT_EQ(relay["livenessProbe"]["httpGet"]["path"].as<std::string>(), "/livez");
  EXPECT_EQ(relay["readinessProbe"]["httpGet"]["path"].as<std::string>(), "/readyz");
  std::string words;
  for (const YAML::Node& word : relay["args"]) words += word.as<std::string>() + " ";
  EXPECT_EQ(words,
            "run -c /etc/headwater/headwater.yaml --relay shop --log json --metrics 0.0.0.0:9090 ");
}

TEST_F(ManifestTest, ItIsReachedForMetricsAndReachesItsServersOnly) {
  const YAML::Node policy = object("NetworkPolicy", remote)["spec"];
  EXPECT_EQ(policy["ingress"].size(), 1U);
  EXPECT_EQ(policy["ingress"][0]["ports"][0]["port"].as<std::string>(), "metrics");
  ASSERT_EQ(policy["egress"].size(), 2U);
  EXPECT_EQ(policy["egress"][1]["ports"][0]["port"].as<int>(), 4222);
  EXPECT_EQ(policy["egress"][1]["ports"][1]["port"].as<int>(), 27017);
  EXPECT_EQ(object("NetworkPolicy", local)["spec"]["egress"].size(), 1U);
  const std::string unknown =
      "relay: a\nsource: { x: { url: '${URL}' } }\nstream: { x: { path: /e/e.db } }\n";
  const YAML::Node any = object("NetworkPolicy", unknown)["spec"]["egress"];
  ASSERT_EQ(any.size(), 1U);
  EXPECT_EQ(any[0].size(), 0U);
}

TEST_F(ManifestTest, AHintNeedsItsFilesAndServers) {
  const std::string hinted = remote + "standby: { x: { url: 'h:2379', ca: tls/etcd.pem } }\n";
  const YAML::Node egress = object("NetworkPolicy", hinted)["spec"]["egress"];
  ASSERT_EQ(egress.size(), 2U);
  EXPECT_EQ(egress[1]["ports"][0]["port"].as<int>(), 2379);
  EXPECT_THAT(text(hinted), HasSubstr("mountPath: \"/etc/headwater/tls/etcd.pem\""));
}

TEST_F(ManifestTest, TheConfigurationIsKeptAndChangesThePod) {
  const auto hash = [&](const std::string& yaml) {
    return object("Deployment",
                  yaml)["spec"]["template"]["metadata"]["annotations"]["headwater/configuration"]
        .as<std::string>();
  };
  EXPECT_EQ(object("ConfigMap", remote)["data"]["headwater.yaml"].as<std::string>(), remote);
  EXPECT_EQ(hash(remote), hash(remote));
  EXPECT_NE(hash(remote), hash(remote + "# a comment\n"));
  for (const std::string& hostile :
       {"# \t\n" + local + "\n\n", "\n" + local, local + "#\r\n", " # ---\n" + local,
        local + "# \u0085 \u2028 \ufeff é 😀", local.substr(0, local.size() - 1)}) {
    EXPECT_EQ(object("ConfigMap", hostile)["data"]["headwater.yaml"].as<std::string>(), hostile);
  }
  const auto latin = write(local + "# \xe9\n", {});
  ASSERT_FALSE(latin);
  EXPECT_EQ(latin.error().name, "k8s.encoding");
}

TEST_F(ManifestTest, TheSecretIsNotInItButItsCommandIs) {
  const std::string yaml = text(remote, {.name_space = "shops"});
  EXPECT_THAT(yaml, HasSubstr("#     kubectl create secret generic headwater-shop -n shops \\\n"
                              "#       --from-literal=PW='…' \\\n"
                              "#       --from-file=ca.pem=tls/ca.pem\n"));
  EXPECT_THAT(yaml, Not(HasSubstr("kind: Secret")));
  EXPECT_THAT(text(local), Not(HasSubstr("kubectl create")));
  const YAML::Node volumes = object("Deployment", remote)["spec"]["template"]["spec"]["volumes"];
  EXPECT_EQ(volumes[1]["secret"]["items"][0]["path"].as<std::string>(), "ca.pem");
}

TEST_F(ManifestTest, EveryObjectIsInTheNamespace) {
  for (const YAML::Node& document : documents(local, {.name_space = "shops"})) {
    EXPECT_EQ(document["metadata"]["namespace"].as<std::string>(), "shops");
  }
  EXPECT_THAT(text(local), Not(HasSubstr("namespace")));
}

TEST_F(ManifestTest, HostileNamesStayTexts) {
  const std::string hostile =
      "relay: '-007'\nsource: { x: { path: \"/a b'\\\"# {/s.db\" } }\n"
      "stream: { x: { url: 'h:1', ca: \"/x'\\\" #{}/c a.pem\" } }\n";
  const YAML::Node pod = object("Deployment", hostile)["spec"]["template"]["spec"];
  const YAML::Node relay = pod["containers"][0];
  EXPECT_EQ(relay["args"][3].as<std::string>(), "--relay=-007");
  EXPECT_EQ(relay["volumeMounts"][1]["mountPath"].as<std::string>(), "/x'\" #{}/c a.pem");
  EXPECT_EQ(relay["volumeMounts"][2]["mountPath"].as<std::string>(), "/a b'\"# {");
}

}  // namespace
}  // namespace headwater::kubernetes
