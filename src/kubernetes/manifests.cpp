#include "src/kubernetes/manifests.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "src/kubernetes/patches.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

constexpr std::size_t most_nodes = 1'000'000;
constexpr int deepest = 100;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

bool is_list_of_objects(const Object& object) {
  const yaml::Node* const items = at(object.node, {"items"});
  return object.kind.ends_with("List") && items != nullptr && items->is_list();
}

/// A file of kustomize needs neither `kind` nor `apiVersion`.
bool is_kustomization_file(const Text& file) {
  const std::string name = std::filesystem::path(file.name).filename().string();
  return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization";
}

/// Adds the object, or each one in a list.
void add(Object object, Manifests& manifests, int depth = 0) {
  constexpr int deepest_list = 4;
  const yaml::Node& node = *object.node;
  if (is_json_patch(node)) {
    ++manifests.documents;
    object.patch = object.nameless = true;
    return add_json_patch(node, object, manifests);
  }
  object.kind = text_at(&node, {"kind"});
  object.api_version = text_at(&node, {"apiVersion"});
  if (object.kind.empty() && node.is_mapping() && is_kustomization_file(*object.file)) {
    object.kind = "Kustomization";
    object.api_version = "kustomize.config.k8s.io/v1beta1";
  }
  if (object.kind.empty() || object.api_version.empty()) return;
  if (is_list_of_objects(object) && depth < deepest_list) {
    for (const yaml::Node& item : items_at(&node, {"items"})) {
      Object one = object;
      one.node = &item;
      one.line = item.line;
      add(std::move(one), manifests, depth + 1);
    }
    return;
  }
  object.name = text_at(&node, {"metadata", "name"});
  object.space = text_at(&node, {"metadata", "namespace"});
  ++manifests.documents;
  manifests.objects.push_back(std::move(object));
}

}  // namespace

std::string_view Text::line(int number) const {
  const auto index = static_cast<std::size_t>(number) - 1;
  return number < 1 || index >= lines.size() ? std::string_view() : lines[index];
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

yaml::ParseOptions manifest_limits() {
  return {.most_nodes = most_nodes, .deepest = deepest, .merge_keys = true};
}

std::unique_ptr<Manifests> read_manifests(const std::vector<Input>& inputs) {
  auto manifests = std::make_unique<Manifests>();
  for (const Input& input : inputs) {
    if (!input.unreadable.empty()) continue;
    Text& file = manifests->files.emplace_back();
    file.name = input.name;
    file.text = input.text;
    file.lines = lines_of(file.text);
    file.parsed = yaml::parse(file.text, manifest_limits());
    for (std::size_t i = 0; i < file.parsed.documents.size(); ++i) {
      const yaml::Node& node = file.parsed.documents[i];
      add({.file = &file, .document = i, .line = node.line, .node = &node}, *manifests);
    }
  }
  const std::size_t read = manifests->objects.size();
  for (std::size_t i = 0; i < read; ++i) {
    const Object& object = manifests->objects[i];
    if (is_kustomization(object)) expand_kustomization(object, *manifests);
  }
  return manifests;
}

int line_in_file(const Text& file, const yaml::Node& value, int number, std::string_view text) {
  const int line = value.line + 1 + number;
  return trimmed(file.line(line)) == trimmed(text) ? line : value.line;
}

}  // namespace headwater::kubernetes
