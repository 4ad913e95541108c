// What tests ask a broker directly.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headwater::rig {

class KafkaShell {
 public:
  explicit KafkaShell(const std::string& brokers);
  ~KafkaShell();
  KafkaShell(const KafkaShell&) = delete;
  KafkaShell& operator=(const KafkaShell&) = delete;

  /// Whether a broker there is at work.
  [[nodiscard]] static bool answers(const std::string& brokers);
  /// Whether it also takes a transaction and gives it back; in the topic "warm-up", which it makes.
  [[nodiscard]] static bool works(const std::string& brokers);

  using Settings = std::vector<std::pair<std::string, std::string>>;
  void create_topic(const std::string& name, int partitions, const Settings& settings = {});
  /// To as many as `partitions`; returns when the broker knows of them.
  void add_partitions(const std::string& topic, int partitions);
  /// Returns when the broker knows of it no more.
  void delete_topic(const std::string& name);
  /// A topic's settings, in use when this returns; those not named fall back to the broker's.
  void alter_topic(const std::string& name, const Settings& settings);

  /// Makes the broker refuse whatever is larger than a mark of a transaction's end.
  void obstruct(const std::string& topic);
  void relieve(const std::string& topic);

  /// As retention does: all of this partition.
  void delete_records(const std::string& topic, std::int32_t partition);

  struct Record {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] std::string header(const std::string& name) const;
  };
  /// All committed records of one partition, in order; nothing is left undecided in it.
  std::vector<Record> records(const std::string& topic, std::int32_t partition = 0);
  /// Of all partitions, by their header ce_sequence.
  std::vector<Record> events(const std::string& topic);
  /// The last committed record of the partition, if there is one and the broker answers.
  std::optional<Record> last(const std::string& topic);
  [[nodiscard]] int partitions(const std::string& topic);

 private:
  std::optional<std::pair<std::int64_t, std::int64_t>> ends(const std::string& topic,
                                                            std::int32_t partition);
  std::vector<Record> read(const std::string& topic, std::int32_t partition, std::int64_t from);
  /// `trouble` says what kept it from reading to the end; empty: nothing.
  std::vector<Record> try_to_read(const std::string& topic, std::int32_t partition,
                                  std::int64_t from, std::string& trouble);
  /// Whether this is its last committed record's.
  bool ends_with(const std::string& topic, const std::string& value);
  /// What went wrong; empty: nothing.
  std::string try_to_create(const std::string& name, int partitions, const Settings& settings);
  void alter_and_see(const std::string& name, const Settings& settings);
  Settings settings_of(const std::string& name);

  rd_kafka_t* consumer_;
  rd_kafka_t* uncommitted_;  // knows what is still undecided
};

}  // namespace headwater::rig
