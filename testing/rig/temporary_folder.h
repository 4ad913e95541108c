// A fresh folder for one test.
#pragma once

#include <filesystem>
#include <string>

namespace headwater::rig {

/// Made on construction, removed with all that is in it on destruction. HEADWATER_KEEP=1 in the
/// environment leaves it there, and says where, for a look at what a failing test left behind.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The path of a file in it.
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The file's bytes; empty if there is none.
[[nodiscard]] std::string contents(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

}  // namespace headwater::rig
