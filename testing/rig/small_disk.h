// A small file system, to fill up. Making one needs root.
#pragma once

#include <string>

namespace headwater::rig {

/// A folder on a small file system, which is deleted with this object.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder, int mebibytes = 1);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// False: this user may not mount, so it is an ordinary folder.
  [[nodiscard]] bool mounted() const { return mounted_; }
  void enlarge(int mebibytes = 500) const;
  /// Leaves no free space.
  void fill_up() const;

 private:
  std::string folder_;
  bool mounted_ = false;
};

/// A base class for a server with its data on a SmallDisk, which must outlive it.
struct HasSmallDisk {
  SmallDisk disk;
};

}  // namespace headwater::rig
