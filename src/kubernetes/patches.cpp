#include "src/kubernetes/patches.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

/// One level of RFC 6901, without its escapes.
std::string unescaped(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escape = segment[i] == '~' && i + 1 < segment.size();
    if (escape && (segment[i + 1] == '0' || segment[i + 1] == '1')) {
      text += segment[++i] == '0' ? '~' : '/';
    } else {
      text += segment[i];
    }
  }
  return text;
}

std::vector<std::string> segments_of(std::string_view path) {
  constexpr std::size_t most = 50;
  std::vector<std::string> segments;
  while (path.starts_with('/') && segments.size() < most) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(unescaped(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_index(const std::string& segment) {
  return segment == "-" ||
         (!segment.empty() && segment.find_first_not_of("0123456789") == std::string::npos);
}

/// `value` at the end of a path, in mappings and lists of one element.
yaml::Node wrapped(const std::vector<std::string>& path, yaml::Node value, int line) {
  for (auto segment = path.rbegin(); segment != path.rend(); ++segment) {
    yaml::Node outer{.line = line};
    if (is_index(*segment)) {
      outer.kind = yaml::Node::Kind::list;
      outer.items.push_back(std::move(value));
    } else {
      outer.kind = yaml::Node::Kind::mapping;
      outer.entries.push_back({.key = *segment, .line = line, .value = std::move(value)});
    }
    value = std::move(outer);
  }
  return value;
}

/// An operation does not merge what it writes into what was there.
yaml::Node as_replacement(yaml::Node value) {
  const yaml::Node replace{.kind = yaml::Node::Kind::scalar, .line = value.line, .text = "replace"};
  const yaml::Entry directive{.key = "$patch", .line = value.line, .value = replace};
  if (value.is_mapping()) value.entries.push_back(directive);
  if (value.is_list()) {
    yaml::Node item{.kind = yaml::Node::Kind::mapping, .line = value.line};
    item.entries.push_back(directive);
    value.items.push_back(std::move(item));
  }
  return value;
}

/// What an operation writes; null if it removes it.
yaml::Node written(const yaml::Node& operation) {
  const std::string op = text_at(&operation, {"op"});
  const yaml::Node* const value = at(&operation, {"value"});
  if ((op == "add" || op == "replace") && value != nullptr) return as_replacement(*value);
  if (op == "copy" || op == "move") {
    return {.kind = yaml::Node::Kind::scalar,
            .line = operation.line,
            .text = "what is at " + text_at(&operation, {"from"}),
            .quoted = true};
  }
  return {.line = operation.line};
}

/// Where the value stands, or else the path.
int line_of_operation(const yaml::Node& operation) {
  const yaml::Entry* const value = operation.find("value");
  const yaml::Entry* const path = operation.find("path");
  return value != nullptr ? value->line : path != nullptr ? path->line : operation.line;
}

void shift(yaml::Node& node, const Text& file, const yaml::Node& value,
           const std::vector<std::string_view>& lines) {
  const auto moved = [&](int line) {
    const auto index = static_cast<std::size_t>(std::max(line, 1)) - 1;
    return line_in_file(file, value, line - 1, index < lines.size() ? lines[index] : "");
  };
  node.line = moved(node.line);
  for (yaml::Node& item : node.items) shift(item, file, value, lines);
  for (yaml::Entry& entry : node.entries) {
    entry.line = moved(entry.line);
    shift(entry.value, file, value, lines);
  }
}

/// kustomize reads kind and name as regular expressions. One that is more than a word may match
/// anything.
std::string word_or_any(const std::string& text) {
  const bool word = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return word ? text : "";
}

std::optional<Target> target_of(const yaml::Node& patch) {
  const yaml::Node* const target = at(&patch, {"target"});
  if (target == nullptr) return std::nullopt;
  return Target{.kind = word_or_any(text_at(target, {"kind"})),
                .name = word_or_any(text_at(target, {"name"})),
                .space = word_or_any(text_at(target, {"namespace"}))};
}

/// A patch that stands in the kustomization as a text.
void add_inline(const yaml::Node& text, const std::optional<Target>& target,
                const Object& kustomization, Manifests& manifests) {
  yaml::Parsed parsed = yaml::parse(text.text, manifest_limits());
  const std::vector<std::string_view> lines = lines_of(text.text);
  for (yaml::Node& document : parsed.documents) {
    shift(document, *kustomization.file, text, lines);
    const yaml::Node& node = manifests.inner.emplace_back(std::move(document));
    Object patch = kustomization;
    patch.line = node.line;
    patch.node = &node;
    patch.patch = true;
    patch.target = target;
    patch.kind = text_at(&node, {"kind"});
    patch.api_version = text_at(&node, {"apiVersion"});
    patch.name = text_at(&node, {"metadata", "name"});
    patch.space = text_at(&node, {"metadata", "namespace"});
    patch.nameless = patch.kind.empty();
    if (is_json_patch(node)) {
      add_json_patch(node, patch, manifests);
    } else if (node.is_mapping()) {
      manifests.objects.push_back(std::move(patch));
    }
  }
}

/// A patch that is one of the files.
void aim_file(const std::string& path, const std::optional<Target>& target,
              const Object& kustomization, Manifests& manifests) {
  const std::filesystem::path folder =
      std::filesystem::path(kustomization.file->name).parent_path();
  const std::filesystem::path file = (folder / path).lexically_normal();
  for (Object& object : manifests.objects) {
    if (std::filesystem::path(object.file->name).lexically_normal() != file) continue;
    object.patch = true;
    if (target) object.target = target;
  }
}

void take_patch(const yaml::Node& patch, const Object& kustomization, Manifests& manifests) {
  const std::optional<Target> target = target_of(patch);
  const yaml::Node* const text = at(&patch, {"patch"});
  const std::string path = text_at(&patch, {"path"});
  if (text != nullptr && text->is_scalar()) add_inline(*text, target, kustomization, manifests);
  if (!path.empty()) aim_file(path, target, kustomization, manifests);
}

bool is_of_flux(const Object& kustomization) {
  return kustomization.api_version.starts_with("kustomize.toolkit.fluxcd.io/");
}

}  // namespace

bool is_json_patch(const yaml::Node& node) {
  return node.is_list() && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(), [](const yaml::Node& item) {
           return item.find("op") != nullptr && item.find("path") != nullptr;
         });
}

bool is_kustomization(const Object& object) {
  return (object.kind == "Kustomization" || object.kind == "Component") &&
         object.api_version.starts_with("kustomize.");
}

void add_json_patch(const yaml::Node& operations, const Object& from, Manifests& manifests) {
  for (const yaml::Node& operation : operations.items) {
    if (text_at(&operation, {"op"}) == "test") continue;
    const int line = line_of_operation(operation);
    const auto add = [&](const std::string& path, yaml::Node value) {
      Object patch = from;
      patch.line = line;
      patch.nameless = true;
      patch.patch = true;
      patch.kind.clear();
      patch.node =
          &manifests.inner.emplace_back(wrapped(segments_of(path), std::move(value), line));
      manifests.objects.push_back(std::move(patch));
    };
    if (text_at(&operation, {"op"}) == "move") {
      add(text_at(&operation, {"from"}), {.line = operation.line});
    }
    add(text_at(&operation, {"path"}), written(operation));
  }
}

void expand_kustomization(const Object& kustomization, Manifests& manifests) {
  const yaml::Node* const root =
      is_of_flux(kustomization) ? at(kustomization.node, {"spec"}) : kustomization.node;
  for (const yaml::Node& patch : items_at(root, {"patches"})) {
    take_patch(patch, kustomization, manifests);
  }
  for (const yaml::Node& patch : items_at(root, {"patchesJson6902"})) {
    take_patch(patch, kustomization, manifests);
  }
  for (const yaml::Node& patch : items_at(root, {"patchesStrategicMerge"})) {
    if (!patch.is_scalar()) continue;
    if (patch.text.find('\n') != std::string::npos) {
      add_inline(patch, std::nullopt, kustomization, manifests);
    } else {
      aim_file(patch.text, std::nullopt, kustomization, manifests);
    }
  }
}

}  // namespace headwater::kubernetes
