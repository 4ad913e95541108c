// A transaction of another producer, which stays open.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace headwater::rig {

/// Aborted on destruction.
class OpenTransaction {
 public:
  /// `id`: the transactional id.
  OpenTransaction(const std::string& brokers, const std::string& id);
  ~OpenTransaction();
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  /// Returns once the broker has the record.
  void write(const std::string& topic, std::int32_t partition, const std::string& key,
             const std::vector<std::pair<std::string, std::string>>& headers = {});
  void commit();
  void abort();

 private:
  void end(rd_kafka_error_t* (*how)(rd_kafka_t*, int));

  rd_kafka_t* producer_;
};

}  // namespace headwater::rig
