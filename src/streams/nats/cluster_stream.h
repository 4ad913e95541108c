// A stream that three servers keep, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "src/streams/nats/nats.h"
#include "testing/nats/nats_cluster.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {

class ClusterStream : public ::testing::Test {
 protected:
  /// `program`: as in rig::NatsOptions.
  explicit ClusterStream(const std::string& program = {}) : cluster_(program) {
    // A cluster that has just come about does not place a stream at once.
    Result<Report> prepared = fail({});
    const bool done = rig::wait_until([&] {
      prepared = stream()->prepare("a");
      return prepared.has_value();
    });
    EXPECT_TRUE(done) << prepared.error().message;
  }

  [[nodiscard]] std::unique_ptr<StreamAdapter> stream() const {
    static const SystemClock clock;
    return make_stream({.urls = cluster_.urls(), .replicas = 3}, clock);
  }

  rig::NatsCluster cluster_;
};

}  // namespace headwater::nats
