// The program's log, on stderr: text for people, or one JSON object a line. Results never go here.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/cli/log_output.h"
#include "src/json/json.h"

namespace spdlog {
class logger;
}

namespace headwater::cli {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warn, error };
/// Values in addition to the message; only JSON shows them.
using Fields = Json;

/// Any thread may call, and no call blocks. Lines that stderr does not accept are dropped and
/// counted.
class Log {
 public:
  /// `clock` must outlive it.
  explicit Log(const Clock& clock);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void configure(LogFormat format, LogLevel level);

  /// Shows more from now on, or less, and says so whatever the level is.
  void change_level(bool more);

  /// `event` is a stable name such as "relay.leading"; `relay` may be empty.
  void write(LogLevel level, const std::string& relay, const std::string& event,
             const std::string& message, const Fields& fields = Fields::object());

  /// Logs an error at its end: "error: …" and what to type next.
  void failure(const std::string& relay, const Error& error);

  /// Whether show_status() is visible: text, on a terminal.
  [[nodiscard]] bool live() const { return live_; }
  /// Shows a line that stays at the bottom of the terminal until it is replaced; empty removes it.
  void show_status(const std::string& line);

 private:
  class Lines;

  void put(const std::string& lines);
  void say_dropped();
  [[nodiscard]] std::string erase_status() const;
  [[nodiscard]] std::string drawn_status() const;
  [[nodiscard]] std::string formatted(LogLevel level, const std::string& relay,
                                      const std::string& event, const std::string& message,
                                      const Fields& fields);
  [[nodiscard]] std::string formatted_json(LogLevel level, const std::string& relay,
                                           const std::string& event, const std::string& message,
                                           const Fields& fields);

  const Clock* clock_;
  std::mutex mutex_;
  LogFormat format_ = LogFormat::text;
  LogLevel level_ = LogLevel::info;
  bool live_ = false;
  std::string status_;
  LogOutput output_;
  std::shared_ptr<Lines> lines_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace headwater::cli
