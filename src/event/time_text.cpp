#include "src/event/time_text.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace headwater {

void append_time(std::string& to, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto two = [&to](auto number) {
    to += static_cast<char>('0' + number / 10);
    to += static_cast<char>('0' + number % 10);
  };
  const int year = static_cast<int>(date.year());
  two(year / 100);
  two(year % 100);
  to += '-';
  two(static_cast<unsigned>(date.month()));
  to += '-';
  two(static_cast<unsigned>(date.day()));
  to += 'T';
  two(clock.hours().count());
  to += ':';
  two(clock.minutes().count());
  to += ':';
  two(clock.seconds().count());
  to += '.';
  const auto thousandths = clock.subseconds().count();
  to += static_cast<char>('0' + thousandths / 100);
  two(thousandths % 100);
  to += 'Z';
}

std::optional<WallTime> time_from(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  std::array<unsigned, 7> parts{};
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t at = 0, part = 0; at < form.size(); ++at) {
    if (form[at] != '0') {
      if (text[at] != form[at]) return std::nullopt;
      ++part;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    parts.at(part) = parts.at(part) * 10 + static_cast<unsigned>(text[at] - '0');
  }
  const auto [year, month, day, hours, minutes, seconds, milliseconds] = parts;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + Milliseconds(milliseconds);
}

std::optional<WallTime> typed_time_from(std::string text) {
  constexpr std::size_t with_seconds = sizeof("2026-11-23T08:15:30Z") - 1;
  if (text.size() == with_seconds && text.back() == 'Z') text.insert(with_seconds - 1, ".000");
  return time_from(text);
}

}  // namespace headwater
