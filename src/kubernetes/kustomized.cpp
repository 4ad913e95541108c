#include "src/kubernetes/kustomized.h"

#include <filesystem>
#include <set>

#include "src/kubernetes/patches.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

namespace fs = std::filesystem;

void add(const std::string& name, std::vector<std::string>& names) {
  // A text of several lines is the file's content.
  if (!name.empty() && name.find('\n') == std::string::npos) names.push_back(name);
}

/// "KEY=PATH", or "PATH".
std::string path_of(const std::string& file) {
  const auto equals = file.find('=');
  return equals == std::string::npos ? file : file.substr(equals + 1);
}

/// As it names them: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
std::vector<std::string> names_in(const yaml::Node& root) {
  std::vector<std::string> names;
  for (const char* const key : {"resources", "bases", "components", "transformers", "generators",
                                "patchesStrategicMerge"}) {
    for (const yaml::Node& item : items_at(&root, {key})) add(item.text, names);
  }
  for (const char* const key : {"patches", "patchesJson6902", "replacements"}) {
    for (const yaml::Node& item : items_at(&root, {key})) add(text_at(&item, {"path"}), names);
  }
  for (const yaml::Node& generator : items_at(&root, {"configMapGenerator"})) {
    for (const char* const key : {"files", "envs"}) {
      for (const yaml::Node& file : items_at(&generator, {key})) add(path_of(file.text), names);
    }
    add(text_at(&generator, {"env"}), names);
  }
  return names;
}

std::string normal(const fs::path& path) {
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// Whether the set has the path, or something in the folder of this name.
bool has_any_of(const std::set<std::string>& read, const std::string& path) {
  if (path == "." || read.count(path) > 0) return true;
  const auto inside = read.lower_bound(path + "/");
  return inside != read.end() && inside->starts_with(path + "/");
}

}  // namespace

std::vector<LintSkipped> unread_parts(const Manifests& manifests,
                                      const std::vector<Input>& inputs) {
  std::set<std::string> read;
  for (const Input& input : inputs) read.insert(normal(input.name));
  std::set<std::string> seen;
  std::vector<LintSkipped> unread;
  for (const Object& object : manifests.objects) {
    if (!is_kustomization(object)) continue;
    const fs::path folder = fs::path(object.file->name).parent_path();
    for (const std::string& name : names_in(*object.node)) {
      const bool remote = name.find("://") != std::string::npos;
      const std::string path = remote ? name : normal(folder / name);
      if (has_any_of(read, path) || !seen.insert(path).second) continue;
      const std::string place = folder.empty() ? "." : folder.string();
      unread.push_back({path, object.file->name + " names it, and it is not among the files",
                        "kubectl kustomize " + place + " | headwater k8s lint -"});
    }
  }
  return unread;
}

}  // namespace headwater::kubernetes
