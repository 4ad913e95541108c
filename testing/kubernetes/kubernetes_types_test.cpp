// What `headwater k8s manifest` prints, read with the Kubernetes API's own types.
#include <gmock/gmock.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

using ::testing::HasSubstr;

/// The first build of the API's types takes this long on a small machine.
constexpr Milliseconds long_enough{300'000};

struct File {
  const char* name;
  const char* text;
};

std::string file_name(const ::testing::TestParamInfo<File>& file) { return file.param.name; }
void PrintTo(const File& file, std::ostream* out) { *out << file.name; }

constexpr File files[] = {
    {"SqliteToEmbedded", R"(relay: shop
source: { sqlite: { path: /shop/shop.db, tables: all } }
stream: { embedded: { path: /events/events.db, retention: { age: 7d, size: 10GiB } } }
)"},
    {"MongodbToNatsWithTls", R"(relay: Orders.EU
source:
  mongodb:
    uri: mongodb://relay:${MONGODB_PASSWORD}@db-0:27017,db-1:27018/?replicaSet=rs0&tls=true&tlsCAFile=/etc/mongodb/ca.pem
    watch: shop.orders
stream:
  nats:
    url: [ tls://nats-0:4222, tls://nats-1:4222 ]
    credentials: /run/nats/relay.creds
    tls: { ca: tls/ca.pem, certificate: tls/relay.crt, key: tls/relay.key }
)"},
    {"SeveralToKafka", R"(serve: { tokens: [ { token: '${SERVE_TOKEN}' } ] }
relays:
  - relay: orders
    source: { mongodb: { uri: '${MONGODB_URI}', watch: shop.orders } }
    stream:
      kafka:
        brokers: kafka-0:9092,kafka-1:9092
        topic: orders
        properties:
          security.protocol: sasl_ssl
          sasl.mechanism: PLAIN
          sasl.username: relay
          sasl.password: ${KAFKA_PASSWORD}
          ssl.ca.location: /etc/kafka/ca.crt
  - relay: ORDERS
    source: { sqlite: { path: /stock/stock.db, tables: all } }
    stream: { kafka: { brokers: kafka-0:9092, topic: stock, properties: { ssl.ca.location: /etc/kafka/ca.crt } } }
  - relay: a_name_of_sixty_four_letters_which_is_as_long_as_a_name_may_be.x
    source: { sqlite: { path: /stock/other.db, tables: all } }
    stream: { kafka: { brokers: kafka-0, topic: other } }
)"},
    {"SqliteToRedis", R"(relay: shop
source: { sqlite: { path: /shop/shop.db, tables: [orders] } }
stream: { redis: { url: 'rediss://relay:${REDIS_PASSWORD}@redis:6380/0', tls: { ca: /etc/redis/ca.pem } } }
)"},
    {"HostileNames",
     "relay: '-007'\r\n"
     "source: { sqlite: { path: \"/a b'\\\"# {@NAME@}/s.db\", tables: all } }\r\n"
     "stream: { redis: { url: '${Y}', user: '${NO}', password: '${file:pw, \"1\" #}',\r\n"
     "  tls: { ca: \"/x'\\\" #{}&*!|>%/c a\\u2028kind.pem\" } } } # \u0085 --- \t"},
    {"UnknownValues", R"(relay: shop
source: { mongodb: { uri: '${U}', watch: ['${A}', '${B}'], snapshot: '${S}', max_change: '${M}' } }
stream: { nats: { url: '${R}', stream: '${K}', subject: '${F}', token: '${T}', replicas: '${N}' } }
dead_letters: { kafka: { brokers: '${D}', topic: '${T}', properties: { security.protocol: '${P}' } } }
)"},
    {"PositionOnDisk", R"(relay: yes
source: { sqlite: { path: /shop/shop.db, tables: all } }
stream: { stdout: { position: /position/shop } }
)"},
};

class KubernetesTypes : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    // Nothing is downloaded here.
    const Outcome modules = go("list -deps ./...");
    if (modules.exit != Exit{}) {
      missing_ =
          "needs Go 1.26 and the modules of testing/kubernetes/types: ./dev test installs them";
      return;
    }
    const Outcome built = go("build -o '" + *folder_ / "types" + "' .");
    ASSERT_EQ(built.exit, Exit{}) << built.errors;
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override {
    if (!missing_.empty()) GTEST_SKIP() << missing_;
  }

  static Outcome printed(const std::string& yaml, const std::string& options = "") {
    write_file(*folder_ / "shop.yaml", yaml);
    return shell("cd '" + folder_->path().string() +
                 "' && " HEADWATER " k8s manifest -c shop.yaml " + options);
  }
  static std::string manifest_of(const File& file, const std::string& options = "") {
    write_file(*folder_ / "shop.yaml", file.text);
    Outcome outcome = shell("cd '" + folder_->path().string() +
                            "' && " HEADWATER " k8s manifest -c shop.yaml " + options);
    EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
    return std::move(outcome.output);
  }
  static Outcome decoded(const std::string& manifest) {
    write_file(*folder_ / "manifest.yaml", manifest);
    return shell("'" + *folder_ / "types" + "' <'" + *folder_ / "manifest.yaml" + "'");
  }

 private:
  static Outcome shell(const std::string& line) {
    return run({.words = {"/bin/sh", "-c", line}}, long_enough);
  }
  static Outcome go(const std::string& words) {
    return shell("cd '" HEADWATER_KUBERNETES
                 "/types' && CGO_ENABLED=0 GOPROXY=off GOFLAGS=-mod=readonly go " +
                 words);
  }

  inline static std::unique_ptr<TemporaryFolder> folder_;
  inline static std::string missing_;
};

class OfEveryFile : public KubernetesTypes, public ::testing::WithParamInterface<File> {};

TEST_P(OfEveryFile, AreWhatIsPrinted) {
  const std::string manifest =
      manifest_of(GetParam(), "--namespace shops --image r.example:5000/h@sha256:0");
  const Outcome outcome = decoded(manifest);
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors << manifest;
  EXPECT_THAT(outcome.output, HasSubstr("Deployment headwater-"));
}

INSTANTIATE_TEST_SUITE_P(, OfEveryFile, ::testing::ValuesIn(files), file_name);

/// Nothing of a section is overlooked because another value is unknown.
TEST_F(KubernetesTypes, EverySecretInTheOpenIsFound) {
  const std::string relay =
      "relay: a\nsource: { mongodb: { uri: '${U}', watch: '${W}$' } }\n"
      "stream: { redis: { url: '${R}', password: @ } }\n"
      "dead_letters: { nats: { url: '${N}', token: @ } }\n"
      "materialize: { into: { postgresql: { uri: 'postgresql://u:@@h/d' } } }\n";
  const std::string hidden = "'${SECRET}'";
  for (int open = 0; open < 3; ++open) {
    std::string yaml = relay;
    for (int place = 0; place < 3; ++place) {
      const std::string value = place == open ? "hunter2" : place == 2 ? "${SECRET}" : hidden;
      yaml.replace(yaml.find('@'), 1, value);
    }
    const Outcome outcome = printed(yaml);
    EXPECT_EQ(outcome.exit, Exit{.code = 2}) << yaml;
    EXPECT_THAT(outcome.errors, HasSubstr("shop.yaml:" + std::to_string(open + 3) + ": '")) << yaml;
    EXPECT_THAT(outcome.errors, ::testing::Not(HasSubstr("hunter2")));
  }
}

struct Fault {
  const char* name;
  const char* piece;
  const char* by;
  const char* complaint;
};

std::string fault_name(const ::testing::TestParamInfo<Fault>& fault) { return fault.param.name; }
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class OfAFaultyManifest : public KubernetesTypes, public ::testing::WithParamInterface<Fault> {};

/// The checks above can fail.
TEST_P(OfAFaultyManifest, NameTheFault) {
  std::string manifest = manifest_of(files[1]);
  const std::size_t at = manifest.find(GetParam().piece);
  ASSERT_NE(at, std::string::npos) << manifest;
  manifest.replace(at, std::string(GetParam().piece).size(), GetParam().by);
  const Outcome outcome = decoded(manifest);
  EXPECT_EQ(outcome.exit, Exit{.code = 1}) << manifest;
  EXPECT_THAT(outcome.errors, HasSubstr(GetParam().complaint));
}

constexpr Fault faults[] = {
    {"UnknownField", "replicas: 1", "replica: 1", "unknown field \"replica\""},
    {"RepeatedField", "replicas: 1", "replicas: 1\n  replicas: 1", "already set"},
    {"WrongType", "runAsUser: 10001", "runAsUser: nobody", "cannot unmarshal"},
    {"TwoReplicas", "replicas: 1", "replicas: 2", "not one replica"},
    {"NoPort", "port: metrics }\n            periodSeconds",
     "port: other }\n            periodSeconds", "probe has no port"},
    {"NoVolume", "- name: tmp\n          emptyDir", "- name: temp\n          emptyDir",
     "there is no volume tmp"},
    {"NoFile", ", path: \"relay.creds\"", ", path: \"other.creds\"", "has no file relay.creds"},
    {"NoAccount", "serviceAccountName: headwater", "serviceAccountName: other",
     "no ServiceAccount"},
    {"OtherSelector", "  selector:\n    app.kubernetes.io/name: headwater",
     "  selector:\n    app.kubernetes.io/name: other", "are about its pod"},
    {"BadName", "kind: Service\nmetadata:\n  name: headwater",
     "kind: Service\nmetadata:\n  name: Headwater", "lower case"},
    {"OpenSecret", "valueFrom:\n                secretKeyRef: {",
     "value: x\n              other: {", "unknown field"},
};

INSTANTIATE_TEST_SUITE_P(, OfAFaultyManifest, ::testing::ValuesIn(faults), fault_name);

}  // namespace
}  // namespace headwater::rig
