#include "src/demo/reader.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

namespace headwater::demo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t recent_kept = 5;

/// 2026-11-23T08:15:30.123Z
std::optional<WallTime> time_of(const std::string& text) {
  std::tm parts{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S.", &parts);
  if (rest == nullptr) return std::nullopt;
  int milliseconds = 0;
  const auto parsed = std::from_chars(rest, text.data() + text.size(), milliseconds);
  if (parsed.ec != std::errc()) return std::nullopt;
  return WallTime(std::chrono::seconds(::timegm(&parts)) + Milliseconds(milliseconds));
}

/// "<database's uuid>:<number of the change>", as docs/formats/event.md has it for SQLite.
std::optional<std::uint64_t> number_in(std::string_view id) {
  id.remove_prefix(std::min(id.size(), id.find(':') + 1));
  std::uint64_t number = 0;
  const char* const end = id.data() + id.size();
  const auto parsed = std::from_chars(id.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string shown(const Json& event) {
  const Json& data = event.at("data");
  const auto& type = event.at("type").get_ref<const std::string&>();
  std::string text = event.at("sequence").get<std::string>();
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  text += "  " + type.substr(type.find('.') + 1) + " " + event.value("subject", "");
  const Json& after = data.at("after");
  if (after.is_object() && after.contains("status")) {
    text += "  " + after.at("status").get<std::string>();
  }
  return text;
}

}  // namespace

void Reader::take(std::string_view line, WallTime now) {
  try {
    const Json event = Json::parse(line);
    const auto& id = event.at("id").get_ref<const std::string&>();
    if (event.at("data").at("op") == "read") {
      if (!rows_seen_.insert(id).second) ++repeated_;
      ++rows_read_;
    } else if (const auto number = number_in(id)) {
      ++changes_;
      if (!seen_.insert(*number).second) ++repeated_;
      if (*number < latest_) ++out_of_order_;
      latest_ = std::max(latest_, *number);
      const auto time = time_of(event.at("time").get_ref<const std::string&>());
      if (time) lags_.push_back(std::max(now - *time, Milliseconds(0)));
    } else {
      ++unreadable_;
      return;
    }
    recent_.push_back(shown(event));
    if (recent_.size() > recent_kept) recent_.pop_front();
  } catch (const Json::exception&) {
    ++unreadable_;
  }
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
