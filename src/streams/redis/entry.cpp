#include "src/streams/redis/entry.h"

#include <array>
#include <charconv>
#include <string>

namespace headwater::redis {
namespace {

constexpr std::array<std::string_view, 7> names{"id",   "source",       "type", "subject",
                                                "time", "partitionkey", "data"};

/// Digits and nothing else.
template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// What append_time() writes: 2026-11-23T08:15:30.123Z.
std::optional<WallTime> time_of(std::string_view text) {
  constexpr std::array<std::size_t, 7> begins{0, 5, 8, 11, 14, 17, 20};
  constexpr std::array<std::size_t, 7> lengths{4, 2, 2, 2, 2, 2, 3};
  std::array<unsigned, 7> parts{};
  if (text.size() != 24) return std::nullopt;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (!read(text.substr(begins[at], lengths[at]), parts[at])) return std::nullopt;
  }
  const auto [year, month, day, hours, minutes, seconds, milliseconds] = parts;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + Milliseconds(milliseconds);
}

}  // namespace

std::optional<std::uint64_t> sequence_of(std::string_view id) {
  std::uint64_t sequence = 0;
  if (!id.starts_with("0-") || !read(id.substr(2), sequence)) return std::nullopt;
  return sequence;
}

std::optional<StoredEvent> read_entry(Reply entry) {
  const auto sequence = sequence_of(entry[0].text());
  const Reply fields = entry[1];
  if (!sequence || fields.size() != 2 * names.size()) return std::nullopt;
  std::array<std::string_view, names.size()> values;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (fields[2 * at].text() != names[at]) return std::nullopt;
    values[at] = fields[2 * at + 1].text();
  }
  const auto [id, source, type, subject, time, partition_key, data] = values;
  const auto when = time_of(time);
  if (!when) return std::nullopt;
  return StoredEvent{.sequence = *sequence,
                     .event = {.id = std::string(id),
                               .source = std::string(source),
                               .type = std::string(type),
                               .subject = std::string(subject),
                               .partition_key = std::string(partition_key),
                               .time = *when,
                               .data = std::string(data)}};
}

}  // namespace headwater::redis
