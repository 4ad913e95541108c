// Reading a YAML tree by path. What is missing, or of another kind, reads as missing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "src/yaml/node.h"

namespace headwater::kubernetes {

/// The entry at the end of a path of keys; null if there is none. `node` may be null.
[[nodiscard]] inline const yaml::Entry* entry_at(const yaml::Node* node,
                                                 std::initializer_list<std::string_view> path) {
  const yaml::Entry* entry = nullptr;
  for (const std::string_view key : path) {
    entry = node == nullptr ? nullptr : node->find(key);
    if (entry == nullptr) return nullptr;
    node = &entry->value;
  }
  return entry;
}

/// The value there.
[[nodiscard]] inline const yaml::Node* at(const yaml::Node* node,
                                          std::initializer_list<std::string_view> path) {
  const yaml::Entry* const entry = entry_at(node, path);
  return entry == nullptr ? nullptr : &entry->value;
}

/// The scalar there; empty without one.
[[nodiscard]] inline std::string text_at(const yaml::Node* node,
                                         std::initializer_list<std::string_view> path) {
  const yaml::Node* const value = at(node, path);
  return value != nullptr && value->is_scalar() ? value->text : std::string();
}

/// The items of the list there; none without one. Valid as long as the tree.
[[nodiscard]] inline const std::vector<yaml::Node>& items_at(
    const yaml::Node* node, std::initializer_list<std::string_view> path) {
  static const std::vector<yaml::Node> none;
  const yaml::Node* const value = at(node, path);
  return value == nullptr ? none : value->items;
}

/// The entries of the mapping there; none without one. Valid as long as the tree.
[[nodiscard]] inline const std::vector<yaml::Entry>& entries_at(
    const yaml::Node* node, std::initializer_list<std::string_view> path) {
  static const std::vector<yaml::Entry> none;
  const yaml::Node* const value = at(node, path);
  return value == nullptr ? none : value->entries;
}

/// What a strategic merge patch does with the value: "delete", "replace", or "merge", the default.
/// https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#patchstrategicmerge
[[nodiscard]] inline std::string patch_directive(const yaml::Node& value) {
  return text_at(&value, {"$patch"});
}

/// Whether nothing is left of the value.
[[nodiscard]] inline bool is_removed(const yaml::Node& value) {
  return value.is_null() || patch_directive(value) == "delete";
}

/// Whether a patch keeps nothing of what was there.
[[nodiscard]] inline bool is_not_merged(const yaml::Node& value) {
  const std::string directive = patch_directive(value);
  return directive == "replace" || directive == "delete";
}

/// Whether a patch says everything about the mapping at the end of a path, so what is missing there
/// is missing after the patch, too.
[[nodiscard]] inline bool is_replaced(const yaml::Node* node,
                                      std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    if (node != nullptr && is_not_merged(*node)) return true;
    node = at(node, {key});
  }
  return node != nullptr && is_not_merged(*node);
}

}  // namespace headwater::kubernetes
