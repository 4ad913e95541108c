// The content of the demo's screen at one moment, and its layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"

namespace headwater::demo {

/// A figure over the last ticks, newest last.
using History = std::deque<std::uint64_t>;

struct Picture {
  Milliseconds elapsed{0};
  Milliseconds writing{0};
  std::string act;  ///< "writers write; relay A is killed again and again"

  int writers = 0;
  std::uint64_t orders = 0;
  std::uint64_t changes = 0;
  std::uint64_t rolled_back = 0;
  History changes_rate;  ///< Per second.
  std::deque<std::string> commits;

  std::uint64_t events = 0;
  std::optional<Milliseconds> lag;  ///< None: nothing arrived recently.
  std::uint64_t behind = 0;
  History events_rate;
  std::deque<std::string> recent;

  struct Relay {
    std::string name;
    std::string state;
    int pid = -1;
    int kills = 0;
  };
  std::vector<Relay> relays;
  std::deque<std::string> notes;
};

/// The lines of a terminal `columns` wide, with colours; always picture_height of them.
[[nodiscard]] std::vector<std::string> draw(const Picture& picture, std::size_t columns);
constexpr std::size_t picture_height = 21;
constexpr std::size_t picture_width = 72;  ///< The least.

/// One plain line, for a log.
[[nodiscard]] std::string summary(const Picture& picture);

/// "00:12"
[[nodiscard]] std::string clock_text(Milliseconds span);

}  // namespace headwater::demo
