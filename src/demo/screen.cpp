#include "src/demo/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace headwater::demo {
namespace {

constexpr std::size_t widest = 120;
constexpr Milliseconds between_lines{1'000};

winsize terminal_size() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

bool large_enough(const winsize& size) {
  return size.ws_col >= picture_width && size.ws_row > picture_height;
}

}  // namespace

Screen::Screen(Print print, bool terminal)
    : print_(std::move(print)), drawing_(terminal && large_enough(terminal_size())) {
  if (drawing_) print_("\x1b[?25l");
}

Screen::~Screen() {
  if (drawing_) print_("\x1b[?25h");
}

void Screen::show(const Picture& picture) {
  if (drawing_) {
    redraw(picture);
  } else if (picture.elapsed >= next_line_) {
    next_line_ = picture.elapsed + between_lines;
    print_(summary(picture) + "\n");
  }
}

void Screen::note(const std::string& text) {
  if (!drawing_) print_(text + "\n");
}

void Screen::redraw(const Picture& picture) {
  const winsize size = terminal_size();
  if (!large_enough(size)) return;  // was made smaller
  // One write, so that no half picture is visible.
  std::string text;
  if (drawn_) text += "\x1b[" + std::to_string(picture_height) + "A";
  for (const std::string& line : draw(picture, std::min<std::size_t>(size.ws_col, widest))) {
    text += "\r" + line + "\x1b[K\n";
  }
  print_(text);
  drawn_ = true;
}

}  // namespace headwater::demo
