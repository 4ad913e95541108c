// A new folder for one test.
#pragma once

#include <filesystem>
#include <string>

namespace headwater::rig {

/// Created by the constructor and deleted with its content by the destructor. With HEADWATER_KEEP=1
/// in the environment, the destructor prints its path and keeps it, to examine a failed test.
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

/// The content of a file; empty if there is none.
[[nodiscard]] std::string contents(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

}  // namespace headwater::rig
