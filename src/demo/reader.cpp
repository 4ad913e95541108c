#include "src/demo/reader.h"

#include <algorithm>
#include <optional>

#include "src/base/number_in.h"
#include "src/event/event_type.h"
#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"

namespace headwater::demo {
namespace {

constexpr std::size_t recent_kept = 5;

/// "<database's uuid>:<number of the change>", as docs/formats/event.md specifies it for SQLite.
std::optional<std::uint64_t> number_of(std::string_view id) {
  return whole_number(id.substr(std::min(id.size(), id.find(':') + 1)));
}

struct Line {
  std::string id;
  std::string op;
  std::string type;
  std::string subject;
  std::string time;
  std::string sequence;
  std::string status;  ///< Of the order; empty if it has none.
};

std::optional<Line> line_from(std::string_view text) {
  std::string wrong;
  const auto json = Json::parse(text);
  if (!json) return std::nullopt;
  MemberReader event(*json, wrong);
  MemberReader data = event.object("data");
  Line line{.id = event.text("id"),
            .op = data.text("op"),
            .type = event.text("type"),
            .subject = event.has("subject") ? event.text("subject") : "",
            .time = event.text("time"),
            .sequence = event.text("sequence"),
            .status = {}};
  if (!data.has("after")) data.reject("after", "");
  if (data["after"].contains("status")) line.status = data.object("after").text("status");
  if (!wrong.empty()) return std::nullopt;
  return line;
}

std::string shown(const Line& line) {
  std::string text = line.sequence;
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  const EventType type = EventType::parse(line.type);
  text += "  " + type.table() + "." + type.operation() + " " + line.subject;
  if (!line.status.empty()) text += "  " + line.status;
  return text;
}

}  // namespace

void Reader::take(std::string_view text, WallTime now) {
  const auto line = line_from(text);
  if (!line) {
    ++unreadable_;
    return;
  }
  if (line->op == "read") {
    if (!rows_seen_.insert(line->id).second) ++repeated_;
    ++rows_read_;
  } else if (const auto number = number_of(line->id)) {
    ++changes_;
    if (!seen_.insert(*number).second) ++repeated_;
    if (*number < latest_) ++out_of_order_;
    latest_ = std::max(latest_, *number);
    const auto time = time_from(line->time);
    if (time) lags_.push_back(std::max(now - *time, Milliseconds(0)));
  } else {
    ++unreadable_;
    return;
  }
  recent_.push_back(shown(*line));
  if (recent_.size() > recent_kept) recent_.pop_front();
}

std::optional<Milliseconds> Reader::take_lag() {
  if (lags_.empty()) return std::nullopt;
  const auto middle = lags_.begin() + static_cast<std::ptrdiff_t>(lags_.size() / 2);
  std::nth_element(lags_.begin(), middle, lags_.end());
  const Milliseconds lag = *middle;
  lags_.clear();
  return lag;
}

}  // namespace headwater::demo
