// A downstream service with its own database.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "testing/rig/pipeline.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {

/// Runs materialize.cpp, which detects every wrong event.
class Consumer {
 public:
  Consumer(const Pipeline& pipeline, std::string name)
      : config_(pipeline.config()),
        name_(std::move(name)),
        database_(pipeline.folder() / (name_ + ".db")) {}

  /// Applies all events in the stream. Returns the errors; empty on success.
  [[nodiscard]] std::string catch_up() const {
    const Outcome outcome = run({.words = {MATERIALIZE, config_, database_, name_}});
    return outcome.exit == Exit{} ? "" : "failed: " + outcome.errors;
  }
  [[nodiscard]] Exit dies_at(const std::string& step, int passing) const {
    return run({.words = {MATERIALIZE, config_, database_, name_, step, std::to_string(passing)}})
        .exit;
  }
  /// The number of applied events, with repetitions.
  [[nodiscard]] std::int64_t applied() const {
    return query_integer(database_, "SELECT events FROM progress");
  }
  /// Compares its copy with the shop. Returns the first difference; empty if there is none.
  [[nodiscard]] std::string difference(const Pipeline& pipeline) const {
    return pipeline.source().copy_difference(database_);
  }

 private:
  std::string config_;
  std::string name_;
  std::string database_;
};

}  // namespace headwater::rig
