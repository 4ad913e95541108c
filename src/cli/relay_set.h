// The relays that a process runs, which may change while it runs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/serve/figures.h"

namespace headwater::cli {

class Log;
class RunningRelay;
struct Program;

/// One relay that fails does not stop the others. One thread calls run(), any thread the rest.
class RelaySet {
 public:
  /// `target` and `program` must outlive it.
  RelaySet(const Target& target, bool until_current, Program& program);
  ~RelaySet();
  RelaySet(const RelaySet&) = delete;
  RelaySet& operator=(const RelaySet&) = delete;

  /// Starts the relays, and blocks until all have ended, or `stop` is requested and they have.
  /// Shows their progress meanwhile. Returns the exit code of the first that failed.
  int run(ConfiguredFile file, const std::stop_token& stop);

  /// Reads the file again soon: relays that are new in it or have changed are started (again), those
  /// that are gone are stopped, the others go on. A file with an error changes nothing.
  void request_reload();

  [[nodiscard]] std::vector<RelayFigures> figures() const;

 private:
  /// A relay and its thread. The set's mutex guards `ended` and `code`.
  struct Member {
    std::unique_ptr<RunningRelay> relay;
    std::string text;  ///< Its part of the file.
    bool ended = false;
    int code = ExitCode::done;
    std::size_t failed_as = 0;  ///< The first to fail has the smallest.
    std::stop_source stop{};
    std::thread thread{};  ///< Only run() uses it.
  };
  using Members = std::vector<std::shared_ptr<Member>>;

  void start(ConfiguredRelay configured);
  void work(Member& member);
  void reload();
  /// Stops those that the file no longer has like that; returns how many.
  std::size_t stop_other_than(const std::vector<ConfiguredRelay>& wanted);
  void note_number(std::size_t relays);
  /// Whether a message has to say which relay it is about.
  [[nodiscard]] bool has_several() const;
  [[nodiscard]] Members members() const;
  [[nodiscard]] std::vector<const RunningRelay*> relays() const;
  [[nodiscard]] int code() const;

  const Target& target_;
  bool until_current_;
  Program& program_;
  std::string metrics_;  // the address in the file when it began
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Members members_;
  bool several_ = false;  // the file has, or had
  std::size_t failures_ = 0;
  bool reload_wanted_ = false;
};

}  // namespace headwater::cli
