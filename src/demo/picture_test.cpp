#include "src/demo/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headwater::demo {
namespace {

Picture busy() {
  Picture picture{.elapsed = Milliseconds(12'345), .writing = Milliseconds(20'000)};
  picture.act = "writers write, at such length that no line of a terminal could ever hold it all";
  picture.changes = 1'234'567;
  picture.commits = {"writer 1  order 4 placed", "writer 2  a \x1b[31mtrick\n"};
  picture.changes_rate = {0, 100, 400, 50};
  picture.events_rate = {0, 0, 0, 550};
  picture.relays = {{.name = "A", .state = "killed", .kills = 1},
                    {.name = "B", .state = "leading", .pid = 4711}};
  for (int i = 0; i < 9; ++i) picture.notes.push_back("note " + std::to_string(i));
  return picture;
}

/// Letters that are seen: without colours, counted as UTF-8.
std::size_t visible(const std::string& line) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else if ((static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U) {
      ++letters;
    }
  }
  return letters;
}

TEST(DemoPicture, FitsEveryWidth) {
  for (const Picture& picture : {busy(), Picture{}}) {
    for (std::size_t columns = picture_width; columns <= 120; ++columns) {
      const auto lines = draw(picture, columns);
      ASSERT_EQ(lines.size(), picture_height);
      for (const std::string& line : lines) EXPECT_LE(visible(line), columns) << line;
    }
  }
}

TEST(DemoPicture, ShowsBothSidesAndTheRelays) {
  std::string all;
  for (const std::string& line : draw(busy(), 100)) all += line + "\n";
  for (const char* part :
       {"1,234,567", "order 4 placed", "killed 1 time", "pid 4711", "note 8", "00:12 of 00:20"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(all.find("note 4"), std::string::npos) << "only the last few";
  EXPECT_EQ(all.find("\x1b[31mtrick"), std::string::npos) << "data cannot draw";
}

TEST(DemoPicture, ALineForALogHasNoColours) {
  const std::string text = summary(busy());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("00:12  changes 1,234,567 (50/s)"), std::string::npos) << text;
}

TEST(DemoPicture, WritesTimes) { EXPECT_EQ(clock_text(Milliseconds(61'999)), "01:01"); }

}  // namespace
}  // namespace headwater::demo
