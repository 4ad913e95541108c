#include "testing/soak/course.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace headwater::soak {

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
