#include "src/demo/relay_process.h"

#include <csignal>
#include <utility>

#include "src/json/json.h"

namespace headwater::demo {

Result<void> RelayProcess::start(const std::string& program, const Stage& stage) {
  auto child = Child::start({.words = {program, "run", "-c", stage.config, "--log", "json"},
                             .reads = Child::Reads::errors,
                             .rest = stage.errors});
  if (!child) return failed(child);
  child_ = std::move(*child);
  state_ = "starting";
  told_to_end_ = false;
  return {};
}

void RelayProcess::kill() {
  if (!running()) return;
  ++kills_;
  child_->signal(SIGKILL);
  child_.reset();
  state_ = "killed";
}

void RelayProcess::ask_to_stop() {
  told_to_end_ = true;
  if (running()) child_->signal(SIGTERM);
}

void RelayProcess::look() {
  if (!child_) return;
  for (const std::string& line : child_->lines()) take(line);
  if (child_->exit_code()) state_ = "ended";
}

bool RelayProcess::has_failed() const { return child_ && child_->exit_code() && !told_to_end_; }

void RelayProcess::take(std::string_view line) {
  const auto entry = Json::parse(line);
  if (!entry || !entry->is_object()) {
    complaint_ = line;
    return;
  }
  const Json& event = (*entry)["event"];
  if (event == "relay.leading" || event == "relay.taking_over") state_ = "leading";
  if (event == "relay.standing_by") state_ = "standing by";
  const Json& level = (*entry)["level"];
  if (level == "warning" || level == "warn" || level == "error") {
    complaint_ = (*entry)["message"].text().value_or(line);
  }
}

}  // namespace headwater::demo
