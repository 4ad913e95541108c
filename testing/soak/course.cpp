#include "testing/soak/course.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace headwater::soak {

std::chrono::seconds any_step(Random& random) {
  using std::chrono::seconds;
  constexpr std::array units{seconds(1), seconds(60), seconds(3'600), seconds(86'400)};
  const seconds step = units.at(random() % units.size()) * any(random, 1, 9);
  return random() % 2 == 0 ? step : -step;
}

void keep_disk(const rig::Pipeline& pipeline) {
  std::error_code ignored;
  std::filesystem::copy(pipeline.folder() / "disk", pipeline.folder() / "disk-kept",
                        std::filesystem::copy_options::recursive, ignored);
}

std::vector<std::string> event_ids(const rig::Pipeline& pipeline) {
  std::vector<std::string> ids;
  for (auto& event : pipeline.stream().events()) ids.push_back(std::move(event.id));
  return ids;
}

}  // namespace headwater::soak
