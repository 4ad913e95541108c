// Shows pictures: redrawn in place on a terminal, one line per second elsewhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "src/demo/picture.h"

namespace headwater::demo {

/// One thread.
class Screen {
 public:
  using Print = std::function<void(std::string_view)>;

  /// A terminal that is too small for the picture counts as none.
  Screen(Print print, bool terminal);
  /// Leaves the last picture on the screen, and the cursor below it.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const Picture& picture);
  /// Prints something that happened. On a terminal the picture shows it.
  void note(const std::string& text);

 private:
  void redraw(const Picture& picture);

  Print print_;
  bool drawing_ = false;
  bool drawn_ = false;
  Milliseconds next_line_{0};
};

}  // namespace headwater::demo
