#include "testing/rig/small_disk.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

/// `size`: as tmpfs expects it, such as "500m".
bool resize(const std::string& folder, const std::string& size) {
  const std::string option = "size=" + size;
  return ::mount("none", folder.c_str(), "tmpfs", MS_REMOUNT, option.c_str()) == 0;
}

/// The bytes in use.
std::uint64_t used(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) give_up("cannot measure " + folder);
  return (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
}

}  // namespace

SmallDisk::SmallDisk(std::string folder, int mebibytes) : folder_(std::move(folder)) {
  std::filesystem::create_directory(folder_);
  const std::string size = "size=" + std::to_string(mebibytes) + "m";
  mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::enlarge(int mebibytes) const {
  if (!resize(folder_, std::to_string(mebibytes) + "m")) give_up("cannot enlarge " + folder_);
}

void SmallDisk::fill_up() const {
  // It cannot become smaller than what is in use, which may grow meanwhile.
  for (int tries = 0; tries < 100; ++tries) {
    if (resize(folder_, std::to_string(used(folder_)))) return;
  }
  give_up("cannot fill up " + folder_);
}

}  // namespace headwater::rig
