#include "src/config/units.h"

#include <limits>
#include <span>

#include "src/base/number_in.h"

namespace headwater::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units,
                                   std::uint64_t most) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    if (*number > most / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  static constexpr Unit units[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  // A thousand years, so that a sum with a present time does not overflow.
  constexpr std::uint64_t most = 365'000ULL * 86'400'000ULL;
  const auto found = parse(text, units, most);
  if (!found) return std::nullopt;
  return Milliseconds(static_cast<Milliseconds::rep>(*found));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t k = 1000;
  constexpr std::uint64_t ki = 1024;
  static constexpr Unit units[] = {{"", 1},
                                   {"B", 1},
                                   {"KB", k},
                                   {"KiB", ki},
                                   {"MB", k * k},
                                   {"MiB", ki * ki},
                                   {"GB", k * k * k},
                                   {"GiB", ki * ki * ki},
                                   {"TB", k * k * k * k},
                                   {"TiB", ki * ki * ki * ki}};
  // The type in which SQLite and file systems count.
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return parse(text, units, most);
}

}  // namespace headwater::config
