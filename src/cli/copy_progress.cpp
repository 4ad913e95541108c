#include "src/cli/copy_progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "src/base/grouped.h"
#include "src/cli/log.h"

namespace headwater::cli {
namespace {

constexpr Milliseconds on_a_terminal{500};
constexpr Milliseconds in_a_log{10'000};

std::string seconds(double number) {
  return grouped(static_cast<std::uint64_t>(std::ceil(std::max(0.0, number)))) + " s";
}

}  // namespace

std::string copy_line(const CopyFigures& figures) {
  const auto& now = figures.progress;
  std::string text = grouped(now.events) + " events, " +
                     grouped(static_cast<std::uint64_t>(figures.rate)) + "/s, at event " +
                     std::to_string(now.sequence);
  if (!figures.last) return text;
  if (*figures.last <= now.sequence) return text + ", caught up";
  text += " of " + std::to_string(*figures.last);
  if (figures.behind) text += ", " + seconds(*figures.behind) + " behind";
  if (figures.rate >= 1) {
    const auto left = static_cast<double>(*figures.last - now.sequence);
    text += ", caught up in " + seconds(left / figures.rate);
  }
  return text;
}

CopyLog::CopyLog(std::string relay, std::string what,
                 std::function<std::optional<std::uint64_t>()> last, const Clock& clock, Log& log)
    : relay_(std::move(relay)),
      what_(std::move(what)),
      last_(std::move(last)),
      clock_(clock),
      log_(log),
      shown_(clock.steady()) {}

void CopyLog::begins(const CopyPlace& place) {
  const std::string from = place.sequence == 0 ? "from the stream's first event"
                                               : "after event " + std::to_string(place.sequence);
  log_.write(LogLevel::info, relay_, "materialize.begin", what_ + ", " + from,
             {{"place", place.sequence}, {"generation", place.generation}});
}

void CopyLog::applied(const materialize::CopyProgress& progress) {
  const bool live = log_.live();
  const auto span = clock_.steady() - shown_;
  if (span < (live ? on_a_terminal : in_a_log)) return;
  CopyFigures figures{.progress = progress, .last = last_()};
  const std::chrono::duration<double> passed = span;
  figures.rate = static_cast<double>(progress.events - events_) / passed.count();
  if (progress.events > 0) {
    figures.behind = std::chrono::duration<double>(clock_.wall() - progress.time).count();
  }
  const bool news = progress.events != events_;
  events_ = progress.events;
  shown_ = clock_.steady();
  if (live || news) show(figures, live);
}

void CopyLog::show(const CopyFigures& figures, bool live) {
  const std::string line = copy_line(figures);
  if (live) {
    log_.show_status((relay_.empty() ? "" : relay_ + ": ") + line);
    return;
  }
  const Fields fields{
      {"events", figures.progress.events},  {"rate", std::llround(figures.rate)},
      {"place", figures.progress.sequence}, {"last", figures.last ? Json(*figures.last) : Json()},
      {"gaps", figures.progress.gaps},      {"left_out", figures.progress.left_out}};
  log_.write(LogLevel::info, relay_, "materialize.progress", line, fields);
}

void CopyLog::has_gap(const std::string& what) {
  log_.write(LogLevel::warn, relay_, "materialize.gap", "changes are missing: " + what);
}

void CopyLog::stands_by(const Error& why) {
  log_.write(LogLevel::info, relay_, "materialize.standing_by", why.message + "; standing by");
}

}  // namespace headwater::cli
