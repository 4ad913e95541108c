// A disk that is full, as only root can make one.
#pragma once

#include <string>

namespace headwater::rig {

/// A folder with little room, until it is enlarged. Its content is gone with it.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder, int mebibytes = 1);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// False: this user may not mount here, and it is a folder like any other.
  [[nodiscard]] bool mounted() const { return mounted_; }
  void enlarge() const;

 private:
  std::string folder_;
  bool mounted_ = false;
};

/// A base for what keeps its data on one: it is there before, and gone after.
struct HasSmallDisk {
  SmallDisk disk;
};

}  // namespace headwater::rig
