// Reads the events of all partitions in the order in which they were written.
//
// The record of the positions says which sequences are committed. Each partition holds some of
// them, in rising order, so the next event is at the head of one partition. A sequence in no
// partition was removed by retention or compaction; that is certain once every partition is past
// it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/ports/stream.h"
#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/kafka.h"
#include "src/streams/kafka/session.h"

namespace headwater::kafka {

class Reader final : public StreamReader {
 public:
  Reader(Options options, const Clock& clock);
  ~Reader() override;

  /// Asks the broker now whether there is something to read.
  Result<void> open();

  Result<StreamRange> range() override;
  [[nodiscard]] std::string life() const override { return life_; }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                        Milliseconds wait, std::stop_token stop) override;
  Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) override;
  Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) override;
  Result<void> forget(const std::string& consumer) override;

 private:
  Result<std::vector<StoredEvent>> read_on(std::uint64_t from, const ReadLimits& limits,
                                           Milliseconds wait, const std::stop_token& stop);
  /// Fails if the stream ends before `sequence`; it is the place of `consumer`, unless that is
  /// empty.
  Result<void> reaches(std::uint64_t sequence, const std::string& consumer);
  /// For one more request.
  [[nodiscard]] Deadline soon() const;
  /// Until something has come; false: there is nothing to wait for any more. `promised`, since when
  /// it is known that something comes, is by when it has to.
  Result<bool> wait_on(const Deadline& wanted, std::optional<Deadline>& promised,
                       const std::stop_token& stop);
  Result<void> send_acknowledgement(Record record);

  Options options_;
  const Clock* clock_;
  std::string life_;  // of the topics that it began with; empty: they had none
  std::unique_ptr<Session> session_;
  std::unique_ptr<Client> acknowledger_;
  std::map<std::string, std::uint64_t> acknowledged_;
};

}  // namespace headwater::kafka
