// One relay of the demo: a process to start and kill, and its log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/demo/stage.h"
#include "src/process/child.h"

namespace headwater::demo {

/// One thread.
class RelayProcess {
 public:
  explicit RelayProcess(std::string name) : name_(std::move(name)) {}

  /// Starts `program` run -c `stage`'s configuration. The previous process must have ended.
  Result<void> start(const std::string& program, const Stage& stage);
  /// SIGKILL. Blocks until the process is gone.
  void kill();
  /// SIGTERM: the relay finishes and ends.
  void ask_to_stop();
  /// Reads its log.
  void look();

  [[nodiscard]] bool running() const { return child_ && !child_->exit_code(); }
  /// Whether it ended without being killed or stopped.
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "leading", "standing by", "killed", …
  [[nodiscard]] const std::string& state() const { return state_; }
  [[nodiscard]] bool leading() const { return running() && state_ == "leading"; }
  /// The last error in its log.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] int kills() const { return kills_; }
  [[nodiscard]] int descriptor() const { return child_ ? child_->descriptor() : -1; }
  [[nodiscard]] pid_t pid() const { return child_ ? child_->pid() : -1; }

 private:
  void take(std::string_view line);

  std::string name_;
  std::optional<Child> child_;
  std::string state_ = "not started";
  std::string complaint_;
  int kills_ = 0;
  bool told_to_end_ = false;
};

}  // namespace headwater::demo
