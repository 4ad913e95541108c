#include "testing/rig/source_under_test.h"

namespace headwater::rig {

std::string SourceUnderTest::difference(const std::vector<std::string>& ids,
                                        std::size_t /*joined*/) {
  return first_difference(changes(), ids);
}

std::string first_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& found) {
  for (std::size_t i = 0; i < expected.size() || i < found.size(); ++i) {
    const std::string& wanted = i < expected.size() ? expected[i] : "(nothing)";
    const std::string& got = i < found.size() ? found[i] : "(nothing)";
    if (wanted == got) continue;
    std::string difference = "event " + std::to_string(i + 1) + " is " + got;
    difference +=
        ", should be " + wanted + "; " + std::to_string(found.size()) + " in the stream, ";
    return difference + std::to_string(expected.size()) + " in the database";
  }
  return "";
}

}  // namespace headwater::rig
