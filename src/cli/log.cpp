#include "src/cli/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

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

}  // namespace

Log::Log(const Clock& clock) : clock_(&clock) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>();
  logger_ = std::make_shared<spdlog::logger>("headwater", std::move(sink));
  logger_->flush_on(spdlog::level::trace);
  configure(LogFormat::text, LogLevel::info);
}

void Log::configure(LogFormat format, LogLevel level) {
  const std::lock_guard lock(mutex_);
  format_ = format;
  live_ = format == LogFormat::text && ::isatty(STDERR_FILENO) == 1;
  logger_->set_level(spdlog_level(level));
  logger_->set_formatter(
      formatter(format == LogFormat::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v"));
}

void Log::write(LogLevel level, const std::string& relay, const std::string& event,
                const std::string& message, const Fields& fields) {
  const std::lock_guard lock(mutex_);
  if (!logger_->should_log(spdlog_level(level))) return;
  if (format_ == LogFormat::json) {
    write_json(level, relay, event, message, fields);
    return;
  }
  erase_status();
  logger_->log(clock_->wall(), spdlog::source_loc{}, spdlog_level(level),
               relay.empty() ? message : relay + ": " + message);
  draw_status();
}

void Log::write_json(LogLevel level, const std::string& relay, const std::string& event,
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
  // Paths and messages may hold any bytes.
  logger_->log(spdlog_level(level), line.dump());
}

void Log::failure(const std::string& relay, const Error& error) {
  const std::lock_guard lock(mutex_);
  if (format_ == LogFormat::json) {
    write_json(LogLevel::error, relay, error.name, error.message, {{"next", error.next}});
    return;
  }
  erase_status();
  const std::string prefix = relay.empty() ? "error: " : "error: " + relay + ": ";
  std::string text = prefix + error.message + "\n";
  if (!error.next.empty()) text += "  next: " + error.next + "\n";
  std::fputs(text.c_str(), stderr);
  draw_status();
}

void Log::show_status(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!live_) return;
  erase_status();
  status_ = line;
  draw_status();
}

void Log::erase_status() {
  if (!status_.empty()) std::fputs("\r\033[K", stderr);
}

void Log::draw_status() {
  if (status_.empty()) return;
  std::fputs(status_.substr(0, terminal_width() - 1).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace headwater::cli
