// A service downstream with a database of its own.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "testing/rig/pipeline.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {

/// See materialize.cpp for how little it forgives.
class Consumer {
 public:
  Consumer(const Pipeline& pipeline, std::string name)
      : config_(pipeline.config()),
        name_(std::move(name)),
        database_(pipeline.folder() / (name_ + ".db")) {}

  /// Applies all that is in the stream now; its errors.
  [[nodiscard]] std::string catch_up() const {
    const Outcome outcome = run({.words = {MATERIALIZE, config_, database_, name_}});
    return outcome.exit == Exit{} ? "" : "failed: " + outcome.errors;
  }
  [[nodiscard]] Exit dies_at(const std::string& step, int passing) const {
    return run({.words = {MATERIALIZE, config_, database_, name_, step, std::to_string(passing)}})
        .exit;
  }
  /// Events applied, each counted as often as it was.
  [[nodiscard]] std::int64_t applied() const {
    return ask(database_, "SELECT events FROM progress");
  }
  /// Its copy of the shop against the shop; empty if they agree.
  [[nodiscard]] std::string difference(const Pipeline& pipeline) const {
    return pipeline.source().copy_difference(database_);
  }

 private:
  std::string config_;
  std::string name_;
  std::string database_;
};

}  // namespace headwater::rig
