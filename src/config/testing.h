// For the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "src/config/config.h"

namespace headwater::config {

/// A temporary folder, removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "headwater-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Writes a file and returns its path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    std::string file = (path_ / name).string();
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// An environment with only these variables.
inline Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

inline Section section_of(const std::string& yaml,
                          std::map<std::string, std::string> variables = {}) {
  auto section = parse(yaml, "shop.yaml", environment_of(std::move(variables)));
  if (!section) {
    ADD_FAILURE() << section.error().message;
    return *parse("{}", "shop.yaml");
  }
  return *std::move(section);
}

/// The message of finish(); empty on success.
inline std::string complaint(Section section) {
  auto finished = section.finish();
  return finished ? "" : finished.error().message;
}

}  // namespace headwater::config
