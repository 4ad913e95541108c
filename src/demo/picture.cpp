#include "src/demo/picture.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "src/base/grouped.h"

namespace headwater::demo {
namespace {

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view cyan = "\x1b[36m";

constexpr std::size_t recent_lines = 5;
constexpr std::size_t note_lines = 4;
constexpr std::size_t label_width = 13;
constexpr std::size_t figure_width = 9;

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

/// Cuts or pads a text to `width` letters. Control characters, which the data may contain, become
/// blanks.
std::string fitted(std::string_view text, std::size_t width) {
  std::string result;
  std::size_t letters = 0;
  for (const char c : text) {
    if (begins_letter(c) && letters++ == width) break;
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return result + std::string(width - std::min(width, letters), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, width_of(text)), ' ') + std::string(text);
}

std::string coloured(std::string_view colour, std::string_view text) {
  return std::string(colour) + std::string(text) + "\x1b[0m";
}

std::string repeated(std::string_view letter, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += letter;
  return text;
}

std::string bars(const History& history, std::uint64_t most, std::size_t width) {
  constexpr std::array<std::string_view, 9> steps{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text;
  const std::size_t shown = std::min(width, history.size());
  for (std::size_t i = history.size() - shown; i < history.size(); ++i) {
    const std::uint64_t step = most == 0 ? 0 : (history[i] * 8 + most - 1) / most;
    text += steps.at(static_cast<std::size_t>(std::min<std::uint64_t>(step, 8)));
  }
  return text + std::string(width - shown, ' ');
}

std::string figure(std::string_view label, const std::string& value, std::string_view unit,
                   std::size_t width) {
  const std::size_t rest = width - label_width - figure_width - 1;
  return coloured(dim, fitted(label, label_width)) + coloured(bold, right(value, figure_width)) +
         " " + coloured(dim, fitted(unit, rest));
}

std::string rate(const History& history, std::uint64_t most, std::string_view colour,
                 std::size_t width) {
  const std::uint64_t now = history.empty() ? 0 : history.back();
  return coloured(dim, fitted("per second", label_width)) +
         coloured(bold, right(grouped(now), figure_width)) + " " +
         coloured(colour, bars(history, most, width - label_width - figure_width - 1));
}

std::string heading(std::string_view name, std::string_view remark, std::size_t width) {
  const std::size_t rest = width - width_of(name) - 2;
  return coloured(bold, name) + "  " + coloured(dim, fitted(remark, rest));
}

std::string line_of(const std::deque<std::string>& lines, std::size_t at) {
  return at < lines.size() ? lines[at] : std::string();
}

std::string lag_text(const Picture& picture) {
  return picture.lag ? grouped(static_cast<std::uint64_t>(picture.lag->count())) : "-";
}

std::string progress(const Picture& picture, std::size_t width) {
  const auto part = picture.writing.count() == 0 ? 0.0
                                                 : static_cast<double>(picture.elapsed.count()) /
                                                       static_cast<double>(picture.writing.count());
  const auto filled = std::min(width, static_cast<std::size_t>(static_cast<double>(width) * part));
  return coloured(cyan, repeated("━", filled)) + coloured(dim, repeated("─", width - filled));
}

std::string relay_line(const Picture::Relay& relay, std::size_t width) {
  std::string_view colour = dim;
  if (relay.state == "leading") colour = green;
  if (relay.state == "standing by" || relay.state == "starting") colour = yellow;
  if (relay.state == "killed") colour = red;
  std::string rest = relay.pid > 0 ? "pid " + std::to_string(relay.pid) : "";
  if (relay.kills > 0) {
    rest = fitted(rest, 14) + "killed " + std::to_string(relay.kills) +
           (relay.kills == 1 ? " time" : " times");
  }
  return "relay " + relay.name + "  " + coloured(colour, "● " + fitted(relay.state, 14)) +
         fitted(rest, width - 25);
}

void draw_sides(std::vector<std::string>& lines, const Picture& picture, std::size_t columns) {
  const std::size_t left = (columns - 3) / 2;
  const std::size_t right = columns - 3 - left;
  const auto add = [&lines](const std::string& one, const std::string& other) {
    lines.push_back(one + coloured(dim, " │ ") + other);
  };
  std::uint64_t most = 1;
  for (const History* history : {&picture.changes_rate, &picture.events_rate}) {
    for (const std::uint64_t figure : *history) most = std::max(most, figure);
  }
  add(heading("shop.db", std::to_string(picture.writers) + " writers commit", left),
      heading("events.db", "a reader of the stream sees", right));
  add(figure("changes", grouped(picture.changes), "committed", left),
      figure("events", grouped(picture.events), "", right));
  add(rate(picture.changes_rate, most, cyan, left), rate(picture.events_rate, most, green, right));
  add(figure("orders", grouped(picture.orders), "rows", left),
      figure("behind", grouped(picture.behind), picture.behind == 1 ? "change" : "changes", right));
  add(figure("rolled back", grouped(picture.rolled_back), "transactions", left),
      figure("lag", lag_text(picture), "ms, median", right));
  add(std::string(left, ' '), std::string(right, ' '));
  for (std::size_t i = 0; i < recent_lines; ++i) {
    add(fitted(line_of(picture.commits, i), left), fitted(line_of(picture.recent, i), right));
  }
}

}  // namespace

std::vector<std::string> draw(const Picture& picture, std::size_t columns) {
  std::vector<std::string> lines;
  const std::string time = clock_text(picture.elapsed) + " of " + clock_text(picture.writing);
  lines.push_back(coloured(bold, "headwater demo") + "  " +
                  fitted(picture.act, columns - 17 - time.size()) + " " + coloured(dim, time));
  lines.push_back(progress(picture, columns));
  draw_sides(lines, picture, columns);
  lines.push_back(coloured(dim, repeated("─", columns)));
  for (const Picture::Relay& relay : picture.relays) lines.push_back(relay_line(relay, columns));
  lines.emplace_back();
  const std::size_t skipped = picture.notes.size() - std::min(note_lines, picture.notes.size());
  for (std::size_t i = skipped; i < picture.notes.size(); ++i) {
    lines.push_back(fitted(picture.notes[i], columns));
  }
  lines.resize(picture_height);
  return lines;
}

std::string summary(const Picture& picture) {
  const auto last = [](const History& history) { return history.empty() ? 0 : history.back(); };
  std::string text = clock_text(picture.elapsed) + "  changes " + grouped(picture.changes) + " (" +
                     grouped(last(picture.changes_rate)) + "/s)  events " +
                     grouped(picture.events) + " (" + grouped(last(picture.events_rate)) +
                     "/s)  behind " + grouped(picture.behind) + "  lag " + lag_text(picture) +
                     " ms ";
  for (const Picture::Relay& relay : picture.relays) {
    text += " " + relay.name + ": " + relay.state;
  }
  return text;
}

std::string clock_text(Milliseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  const auto two = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  return two(seconds / 60) + ":" + two(seconds % 60);
}

}  // namespace headwater::demo
