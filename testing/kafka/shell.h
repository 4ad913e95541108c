// A Kafka client for tests: administers topics and reads records, without the product's code.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headwater::rig {

/// Ends the test program if the broker does not do what is asked. One thread.
class KafkaShell {
 public:
  /// How long one request to the broker may take.
  static constexpr int timeout_ms = 30'000;

  explicit KafkaShell(const std::string& brokers);
  ~KafkaShell();
  KafkaShell(const KafkaShell&) = delete;
  KafkaShell& operator=(const KafkaShell&) = delete;

  /// Whether a broker answers there, and all its partitions have leaders.
  [[nodiscard]] static bool answers(const std::string& brokers);
  /// Whether it also commits a transaction, in the topic "warm-up", and that can be read.
  [[nodiscard]] static bool works(const std::string& brokers);

  using Settings = std::vector<std::pair<std::string, std::string>>;
  void create_topic(const std::string& name, int partitions, const Settings& settings = {});
  /// Raises the number of partitions. Returns once the broker has them.
  void add_partitions(const std::string& topic, int partitions);
  /// Returns once the broker has deleted it.
  void delete_topic(const std::string& name);
  /// Sets a topic's settings, and resets all others to the broker's defaults. Returns once the
  /// broker uses them.
  void alter_topic(const std::string& name, const Settings& settings);

  /// Makes the broker refuse every batch except transaction markers, until relieve().
  void obstruct(const std::string& topic);
  void relieve(const std::string& topic);

  /// Deletes all records of this partition, as retention does.
  void delete_records(const std::string& topic, std::int32_t partition);

  struct Record {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;

    [[nodiscard]] std::string header(const std::string& name) const;
  };
  /// All committed records of one partition, in order. Waits until no transaction is open.
  std::vector<Record> records(const std::string& topic, std::int32_t partition = 0);
  /// The same, one by one, for a partition that is too large to keep in memory.
  using Take = std::function<void(Record)>;
  void each_record(const std::string& topic, std::int32_t partition, const Take& take);
  /// The records of all partitions, ordered by their header ce_sequence.
  std::vector<Record> events(const std::string& topic);
  /// The last committed record of partition 0; nullopt if there is none or the broker does not
  /// answer.
  std::optional<Record> last(const std::string& topic);
  [[nodiscard]] int partitions(const std::string& topic);

 private:
  std::optional<std::pair<std::int64_t, std::int64_t>> ends(const std::string& topic,
                                                            std::int32_t partition);
  std::vector<Record> read(const std::string& topic, std::int32_t partition, std::int64_t from);
  /// Reads up to the end of the partition, or up to an `error`, which is empty otherwise.
  void try_to_read(const std::string& topic, std::int32_t partition, std::int64_t from,
                   const Take& take, std::string& error);
  /// Whether the last committed record has this value. Waits for it a while.
  bool ends_with(const std::string& topic, const std::string& value);
  /// Returns the error; empty if the topic exists now.
  std::string try_to_create(const std::string& name, int partitions, const Settings& settings);
  /// Returns once the broker shows the settings, which may be before it uses them.
  void alter_and_wait(const std::string& name, const Settings& settings);
  Settings settings_of(const std::string& name);

  static constexpr const char* warm_up = "warm-up";

  rd_kafka_t* consumer_;
  rd_kafka_t* uncommitted_;  // reads beyond open transactions
};

}  // namespace headwater::rig
