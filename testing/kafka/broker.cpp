#include "testing/kafka/broker.h"

#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "testing/kafka/former_broker.h"
#include "testing/kafka/shell.h"
#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

namespace fs = std::filesystem;

/// The canonical path, because the archive contains it.
std::string folder_of_jars() {
  const char* given = std::getenv("HEADWATER_KAFKA");
  const std::string folder = given == nullptr ? HEADWATER_KAFKA_HERE : given;
  if (!fs::exists(folder))
    give_up("there is no Kafka in " + folder + "; install it: ./dev servers");
  return fs::canonical(folder);
}

std::vector<std::string> java() {
  const std::string jars = folder_of_jars();
  std::vector<std::string> words{
      server_program("java"),    "-Xms64m",      "-Xmx256m",        "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData"};
  // See testing/kafka/archive. Java ignores an archive that does not match, with a line in the log.
  const std::string archive = jars + "/kafka.jsa";
  if (fs::exists(archive)) words.push_back("-XX:SharedArchiveFile=" + archive);
  words.insert(words.end(), {"-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", jars + "/*"});
  return words;
}

}  // namespace

KafkaBroker::KafkaBroker(std::string data, std::string settings)
    : proxy_(proxied_.number()),
      data_(data.empty() ? folder_ / "data" : std::move(data)),
      settings_(std::move(settings)),
      certificates_(make_certificates(folder_.path())) {
  fs::create_directories(data_);
  // What `kafka-storage.sh format` writes; that would start another Java.
  write_file(data_ + "/meta.properties",
             "version=1\nnode.id=1\ncluster.id=headwater-test-cluster\n");
  write_settings();
  start();
}

KafkaBroker::~KafkaBroker() = default;

void KafkaBroker::write_settings() const {
  const std::string controller = at(controller_);
  const std::string store = "=" + certificates_.server + "\n";
  const std::string jaas = std::string("org.apache.kafka.common.security.plain.PlainLoginModule ") +
                           "required user_" + user + "=\"" + password + "\";\n";
  write_file(
      folder_ / "server.properties",
      "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n"
      "controller.quorum.voters=1@" +
          controller +
          "\n"
          "listeners=DIRECT://" +
          direct() + ",PROXIED://" + at(proxied_) + ",TLS://" + tls() + ",LOGIN://" + login() +
          ",CONTROLLER://" + controller +
          "\n"
          "advertised.listeners=DIRECT://" +
          direct() + ",PROXIED://" + through_proxy() + ",TLS://" + tls() + ",LOGIN://" + login() +
          "\n"
          "listener.security.protocol.map=DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,TLS:SSL,LOGIN:SASL_"
          "SSL,"
          "CONTROLLER:PLAINTEXT\ninter.broker.listener.name=DIRECT\n"
          "ssl.keystore.type=PEM\nssl.keystore.location" +
          store + "sasl.enabled.mechanisms=PLAIN\nlistener.name.login.plain.sasl.jaas.config=" +
          jaas + "log.dirs=" + data_ +
          "\nauto.create.topics.enable=false\nnum.partitions=1\n"
          "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n"
          "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
          "transaction.state.log.num.partitions=1\ngroup.initial.rebalance.delay.ms=0\n"
          // A long timeout, because a busy machine may delay the heartbeats. See also FormerBroker.
          "broker.session.timeout.ms=6000\nbroker.heartbeat.interval.ms=200\n"
          "num.network.threads=2\nnum.io.threads=2\nbackground.threads=2\n"
          "num.recovery.threads.per.data.dir=1\nlog.cleaner.dedupe.buffer.size=4194304\n"
          "log.index.size.max.bytes=1048576\n" +
          settings_);
}

std::string KafkaBroker::through_proxy() const {
  return "127.0.0.1:" + std::to_string(proxy_.port());
}

void KafkaBroker::start() {
  paused_ = false;
  const bool restart = process_.has_value();
  Command command{.words = java(), .folder = folder_.path(), .output = folder_ / "broker.log"};
  command.words.insert(command.words.end(), {"kafka.Kafka", folder_ / "server.properties"});
  FormerBroker former(controller_.number());
  process_.emplace(command);
  // On a busy machine, the start of a JVM has taken minutes.
  const bool in_time = wait_until(
      [&] {
        if (!process_->running()) return true;
        return (!restart || former.gone()) && KafkaShell::works(direct());
      },
      3 * patience);
  if (in_time && process_->running()) return;
  give_up("the broker " + direct() + (in_time ? " has ended:\n" : " is not ready:\n") + log());
}

void KafkaBroker::kill() { process_->kill(); }

void KafkaBroker::pause() {
  process_->pause();
  paused_ = true;
}

void KafkaBroker::resume() {
  process_->resume();
  paused_ = false;
}

void KafkaBroker::reset() {
  proxy_.add_delay(Milliseconds(0));
  proxy_.restore();
  if (paused_) resume();
  if (!process_->running()) start();
}

void KafkaBroker::keep_copy() {
  pause();
  fs::remove_all(data_ + ".copy");
  fs::copy(data_, data_ + ".copy", fs::copy_options::recursive);
  resume();
}

void KafkaBroker::go_back() {
  kill();
  fs::remove_all(data_);
  fs::rename(data_ + ".copy", data_);
  start();
}

std::string KafkaBroker::log() const {
  return contents(folder_ / "broker.log") + process_->errors();
}

KafkaBroker& shared_broker() {
  static KafkaBroker broker;
  return broker;
}

std::string fresh_topic() {
  static int count = 0;
  return "events-" + std::to_string(++count);
}

}  // namespace headwater::rig
