// Where the files that a configuration names are in a pod. Private to this folder.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/config/section.h"
#include "src/kubernetes/needs.h"

namespace headwater::kubernetes {

/// All of one configuration. Fails with `k8s.path` for a path that cannot be in a pod.
class PodFiles {
 public:
  /// `file` is the configuration's path.
  explicit PodFiles(std::string file) : file_(std::move(file)) {}

  /// Adds the variables and files that stand as ${NAME} and ${file:PATH} in a text.
  Result<void> add_references(const config::ReadText& text, Needs& needs);

  /// Adds the file or the folder that a text names, if it names one.
  Result<void> add(const config::ReadText& text, RelayNeeds& relay);

 private:
  [[nodiscard]] Error error(const config::ReadText& text, const std::string& what,
                            const std::string& next) const;
  [[nodiscard]] Error depends_on_variables(const config::ReadText& text) const;
  Result<void> add_file(const config::ReadText& text, const std::string& written,
                        std::vector<SecretFile>& files);
  Result<void> add_volume(const config::ReadText& text, std::vector<Volume>& volumes) const;
  std::string key_for(const std::string& path);

  std::string file_;
  std::set<std::string> variables_;
  std::vector<std::pair<std::string, std::string>> keys_;  // and the path of each
};

}  // namespace headwater::kubernetes
