#include "testing/rig/small_disk.h"

#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <utility>

#include "testing/rig/server_program.h"

namespace headwater::rig {

SmallDisk::SmallDisk(std::string folder, int mebibytes) : folder_(std::move(folder)) {
  std::filesystem::create_directory(folder_);
  const std::string size = "size=" + std::to_string(mebibytes) + "m";
  mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::enlarge() const {
  if (::mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=500m") != 0) {
    give_up("cannot enlarge " + folder_);
  }
}

}  // namespace headwater::rig
