#include "src/cli/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/details/os.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "src/base/one_line.h"

namespace headwater::cli {
namespace {

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t usual = 80;
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return size.ws_col;
}

std::unique_ptr<spdlog::formatter> formatter(const char* pattern) {
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc);
}

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::info:
      break;
  }
  return "info";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::info:
      break;
  }
  return spdlog::level::info;
}

/// The colour of a level on a terminal.
std::string_view color_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "\033[36m";
    case spdlog::level::warn:
      return "\033[33m\033[1m";
    case spdlog::level::err:
      return "\033[31m\033[1m";
    default:
      return "\033[32m";
  }
}

}  // namespace

/// Formats lines; Log writes them. The log's mutex is held.
class Log::Lines final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit Lines(bool in_color) : in_color_(in_color) {}
  [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const std::string_view text(line.data(), line.size());
    const std::size_t begin = message.color_range_start;
    const std::size_t end = message.color_range_end;
    if (!in_color_ || begin >= end) {
      text_ += text;
      return;
    }
    text_ += text.substr(0, begin);
    text_ += color_of(message.level);
    text_ += text.substr(begin, end - begin);
    text_ += "\033[m";
    text_ += text.substr(end);
  }
  void flush_() override {}

  bool in_color_;
  std::string text_;
};

Log::Log(const Clock& clock) : clock_(&clock), output_(STDERR_FILENO) {
  const bool in_color = ::isatty(STDERR_FILENO) == 1 && spdlog::details::os::is_color_terminal();
  lines_ = std::make_shared<Lines>(in_color);
  logger_ = std::make_shared<spdlog::logger>("headwater", lines_);
  configure(LogFormat::text, LogLevel::info);
}

Log::~Log() { say_dropped(); }

void Log::configure(LogFormat format, LogLevel level) {
  const std::lock_guard lock(mutex_);
  format_ = format;
  level_ = level;
  live_ = format == LogFormat::text && ::isatty(STDERR_FILENO) == 1;
  logger_->set_level(spdlog_level(level));
  logger_->set_formatter(
      formatter(format == LogFormat::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v"));
}

void Log::change_level(bool more) {
  const std::lock_guard lock(mutex_);
  const int level = static_cast<int>(level_) + (more ? -1 : 1);
  level_ = static_cast<LogLevel>(
      std::clamp(level, static_cast<int>(LogLevel::debug), static_cast<int>(LogLevel::error)));
  // The line itself is not filtered.
  logger_->set_level(spdlog::level::debug);
  say_dropped();
  put(formatted(LogLevel::info, "", "log.level",
                std::string("log level is ") + name_of(level_) + " now",
                {{"to", name_of(level_)}}));
  logger_->set_level(spdlog_level(level_));
}

void Log::write(LogLevel level, const std::string& relay, const std::string& event,
                const std::string& message, const Fields& fields) {
  const std::lock_guard lock(mutex_);
  if (!logger_->should_log(spdlog_level(level))) return;
  say_dropped();
  put(formatted(level, relay, event, message, fields));
}

std::string Log::formatted(LogLevel level, const std::string& relay, const std::string& event,
                           const std::string& message, const Fields& fields) {
  if (format_ == LogFormat::json) return formatted_json(level, relay, event, message, fields);
  logger_->log(clock_->wall(), spdlog::source_loc{}, spdlog_level(level),
               one_line(relay.empty() ? message : relay + ": " + message));
  return lines_->take();
}

std::string Log::formatted_json(LogLevel level, const std::string& relay, const std::string& event,
                                const std::string& message, const Fields& fields) {
  const WallTime now = clock_->wall();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  const auto milliseconds = now.time_since_epoch().count() % 1000;
  Json line;
  line.set("time", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                               parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                               parts.tm_sec, milliseconds));
  line.set("level", name_of(level));
  if (!relay.empty()) line.set("relay", relay);
  line.set("event", event);
  line.set("message", message);
  for (const auto& [name, value] : fields.members()) line.set(name, value);
  // Paths and messages may contain any bytes.
  return line.dump() + "\n";
}

void Log::failure(const std::string& relay, const Error& error) {
  const std::lock_guard lock(mutex_);
  say_dropped();
  if (format_ == LogFormat::json) {
    put(formatted_json(LogLevel::error, relay, error.name, error.message, {{"next", error.next}}));
    return;
  }
  const std::string prefix = relay.empty() ? "error: " : "error: " + relay + ": ";
  std::string text = prefix + one_line(error.message) + "\n";
  if (!error.next.empty()) text += "  next: " + one_line(error.next) + "\n";
  put(text);
}

void Log::show_status(const std::string& line) {
  const std::lock_guard lock(mutex_);
  say_dropped();
  if (!live_) return;
  const std::string erased = erase_status();
  status_ = line;
  output_.put(erased + drawn_status());
}

/// Lines, above the status.
void Log::put(const std::string& lines) { output_.put(erase_status() + lines + drawn_status()); }

/// Also retries the lines that wait.
void Log::say_dropped() {
  const std::uint64_t dropped = output_.take_dropped();
  if (dropped == 0) return;
  put(formatted(LogLevel::warn, "", "log.dropped",
                std::to_string(dropped) + " log lines were dropped because stderr was blocked",
                {{"lines", dropped}}));
}

std::string Log::erase_status() const { return status_.empty() ? "" : "\r\033[K"; }

std::string Log::drawn_status() const {
  return status_.empty() ? "" : status_.substr(0, terminal_width() - 1);
}

}  // namespace headwater::cli
