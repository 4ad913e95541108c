// The Kubernetes objects of several files. Only their own text is read; nothing asks a cluster.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/yaml/parse.h"

namespace headwater::kubernetes {

/// A file as it was given, or why it could not be read.
struct Input {
  std::string name;  ///< As the user typed it; "stdin".
  std::string text{};
  std::string unreadable{};  ///< "cannot be read: No such file or directory"; else empty.
  std::string next{};        ///< What to do about that.
  bool skipped = false;      ///< It is another command's to check: not a finding.
};

struct Text {
  std::string name;
  std::string text;
  std::vector<std::string_view> lines;  ///< Of `text`; the first is line 1.
  yaml::Parsed parsed;

  /// Empty beyond the end.
  [[nodiscard]] std::string_view line(int number) const;
};

/// What a patch is applied to, or an autoscaler scales.
struct Target {
  std::string kind;  ///< Empty: any.
  std::string name;  ///< Empty: any.
  std::string space{};
};

struct Object {
  const Text* file;
  std::size_t document;  ///< Its number in the file.
  int line;              ///< Of its first key.
  std::string api_version;
  std::string kind;
  std::string name;
  std::string space;  ///< The namespace.
  const yaml::Node* node;
  bool patch = false;              ///< A part of an object, which says only what it changes.
  std::optional<Target> target{};  ///< Of a patch, if something names it.
  bool nameless = false;           ///< A patch whose own text does not say what it changes.
};

/// Neither copied nor moved: objects point into it.
struct Manifests {
  Manifests() = default;
  Manifests(const Manifests&) = delete;
  Manifests& operator=(const Manifests&) = delete;

  std::deque<Text> files;
  std::deque<yaml::Node> inner;  ///< Trees that stand in a text of another tree.
  std::deque<Object> objects;  ///< Lists are unfolded; patches in a kustomization are objects, too.
  std::size_t documents = 0;   ///< Objects that stand in a file for themselves.
};

/// Limits for manifests: more than any cluster accepts.
[[nodiscard]] yaml::ParseOptions manifest_limits();

/// Problems with the YAML stay in `files`.
[[nodiscard]] std::unique_ptr<Manifests> read_manifests(const std::vector<Input>& inputs);

/// The line of the file where line `number` (from 0) of a text value stands; that of the value if
/// the text is not written as a block.
[[nodiscard]] int line_in_file(const Text& file, const yaml::Node& value, int number,
                               std::string_view text);

[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace headwater::kubernetes
