#include "src/cli/relay_set.h"

#include <algorithm>
#include <utility>

#include "src/cli/log.h"
#include "src/cli/program.h"
#include "src/cli/progress.h"
#include "src/cli/running_relay.h"

namespace headwater::cli {

RelaySet::RelaySet(const Target& target, bool until_current, Program& program)
    : target_(target), until_current_(until_current), program_(program) {}

RelaySet::~RelaySet() = default;

int RelaySet::run(ConfiguredFile file, const std::stop_token& stop) {
  metrics_ = std::move(file.metrics);
  // Before the first one starts, which may fail before the next one is there.
  note_number(file.relays.size());
  for (ConfiguredRelay& relay : file.relays) start(std::move(relay));
  // Outside the mutex, because what a stop wakes may be stuck.
  const std::stop_callback on_stop(stop, [this] {
    for (const auto& each : members()) each->stop.request_stop();
  });
  Progress progress(until_current_, program_.clock, program_.log);
  const auto all_ended = [this] { return std::ranges::all_of(members_, &Member::ended); };
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool woken =
        changed_.wait_for(lock, progress.interval(), [&] { return all_ended() || reload_wanted_; });
    if (all_ended()) break;
    const bool reloads = std::exchange(reload_wanted_, false) && !stop.stop_requested();
    lock.unlock();
    if (reloads) reload();
    // It may have come while relays were started.
    if (stop.stop_requested()) {
      for (const auto& each : members()) each->stop.request_stop();
    }
    if (!woken) progress.show(relays());
    lock.lock();
  }
  lock.unlock();
  for (const auto& each : members()) each->thread.join();
  program_.log.show_status("");
  return code();
}

void RelaySet::start(ConfiguredRelay configured) {
  auto member = std::make_shared<Member>();
  member->text = std::move(configured.text);
  member->relay = std::make_unique<RunningRelay>(std::move(configured), until_current_,
                                                 program_.clock, program_.log);
  {
    const std::lock_guard lock(mutex_);
    members_.push_back(member);
  }
  member->thread = std::thread([this, &it = *member] { work(it); });
}

void RelaySet::work(Member& member) {
  auto result = member.relay->run(member.stop.get_token());
  int code = ExitCode::done;
  if (!result) {
    code = end_with(result.error(), target_, program_.log,
                    has_several() ? member.relay->name() : std::string());
  }
  const std::lock_guard lock(mutex_);
  member.code = code;
  if (code != ExitCode::done) member.failed_as = ++failures_;
  member.ended = true;
  changed_.notify_one();
}

void RelaySet::request_reload() {
  const std::lock_guard lock(mutex_);
  reload_wanted_ = true;
  changed_.notify_one();
}

void RelaySet::reload() {
  auto file = configured_file(target_, program_.clock);
  if (!file) {
    program_.log.write(LogLevel::error, "", "config.not_reloaded",
                       target_.file + " was not reloaded, and nothing has changed: " +
                           file.error().message + "; next: " + file.error().next,
                       {{"error", file.error().name}});
    return;
  }
  if (file->metrics != metrics_) {
    program_.log.write(LogLevel::warn, "", "config.needs_restart",
                       "`metrics` has changed in " + target_.file +
                           ", which takes effect with the next start of the process");
  }
  note_number(file->relays.size());
  const std::size_t stopped = stop_other_than(file->relays);
  std::size_t started = 0;
  const auto running = relays();
  for (ConfiguredRelay& wanted : file->relays) {
    const bool runs = std::ranges::any_of(
        running, [&](const RunningRelay* each) { return each->name() == wanted.name; });
    if (runs) continue;
    start(std::move(wanted));
    ++started;
  }
  program_.log.write(LogLevel::info, "", "config.reloaded",
                     target_.file + " was reloaded: " + std::to_string(stopped) +
                         " relays stopped, " + std::to_string(started) + " started, " +
                         std::to_string(running.size()) + " left as they were",
                     {{"stopped", stopped}, {"started", started}, {"left", running.size()}});
}

std::size_t RelaySet::stop_other_than(const std::vector<ConfiguredRelay>& wanted) {
  Members others;
  for (const auto& each : members()) {
    const auto same = std::ranges::find_if(wanted, [&](const ConfiguredRelay& relay) {
      return relay.name == each->relay->name() && relay.text == each->text;
    });
    const bool has_failed = [&] {
      const std::lock_guard lock(mutex_);
      return each->ended && each->code != ExitCode::done;
    }();
    // One that has failed gets another try.
    if (same == wanted.end() || has_failed) others.push_back(each);
  }
  for (const auto& each : others) each->stop.request_stop();
  for (const auto& each : others) each->thread.join();
  const std::lock_guard lock(mutex_);
  std::erase_if(members_,
                [&](const auto& each) { return std::ranges::find(others, each) != others.end(); });
  return others.size();
}

/// What ends while the file is read again may be of the last reading.
void RelaySet::note_number(std::size_t relays) {
  const std::lock_guard lock(mutex_);
  several_ = several_ || relays > 1;
}

bool RelaySet::has_several() const {
  const std::lock_guard lock(mutex_);
  return several_;
}

RelaySet::Members RelaySet::members() const {
  const std::lock_guard lock(mutex_);
  return members_;
}

std::vector<const RunningRelay*> RelaySet::relays() const {
  std::vector<const RunningRelay*> relays;
  for (const auto& each : members()) relays.push_back(each->relay.get());
  return relays;
}

std::vector<RelayFigures> RelaySet::figures() const {
  std::vector<RelayFigures> figures;
  for (const auto& each : members()) figures.push_back(each->relay->figures());
  return figures;
}

int RelaySet::code() const {
  const std::lock_guard lock(mutex_);
  int code = ExitCode::done;
  std::size_t first = SIZE_MAX;
  for (const auto& each : members_) {
    if (each->code == ExitCode::done || each->failed_as > first) continue;
    first = each->failed_as;
    code = each->code;
  }
  return code;
}

}  // namespace headwater::cli
