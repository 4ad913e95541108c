// The state that the sections of one file share. Private to this folder.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/config/config.h"
#include "src/config/node.h"

namespace headwater::config {

struct Document {
  std::string file;    ///< As the user typed it.
  std::string folder;  ///< Where its relative paths start; empty for the working directory.
  Environment environment;
  Node root;  ///< A mapping.
  std::size_t errors_noted = 0;

  /// A usage error at a line (counted from 1; 0 names no line).
  [[nodiscard]] Error error(int line, const std::string& name, const std::string& message) const;
};

struct Noted {
  std::size_t order;  ///< Its number among all errors of the document.
  Error error;
};

struct Section::State {
  std::shared_ptr<Document> document;
  inline static const Node nothing{};

  const Node* node = &nothing;  ///< A mapping of the document, or null.
  std::string path;             ///< "source.sqlite"; empty for a whole relay.
  int line = 0;                 ///< The line of the mapping, or of the mapping that lacks it.
  bool present = true;
  std::vector<std::string> asked;  ///< In the order of the reads.
  /// Several for the key of a list of mappings.
  std::multimap<std::string, Section, std::less<>> children;
  std::vector<Noted> errors;

  /// Marks the key as known.
  void ask(std::string_view key);
  /// The same. Returns its value if it is there and not null.
  const Node* find(std::string_view key);
  /// As find(), but a missing value is noted.
  const Node* require(std::string_view key);
  /// The text of a scalar, after substitution; notes an error if it is not a scalar.
  std::optional<std::string> scalar(std::string_view key, const Node& value);
  /// Line of the key if it is there, else of the mapping.
  [[nodiscard]] int line_of_key(std::string_view key) const;

  void note(int line, const std::string& name, const std::string& message);
  /// "'key' in source.sqlite is '5 x'": as written in the file, never the substituted text.
  void note_value(std::string_view key, const Node& value, const std::string& expected);
  /// "'key' in source.sqlite"
  [[nodiscard]] std::string quoted(std::string_view key) const;
  /// " in source.sqlite"
  [[nodiscard]] std::string inside() const;

  [[nodiscard]] std::optional<Error> unknown_key() const;
  [[nodiscard]] const Noted* first_error() const;
  void collect_asked(std::vector<std::string>& paths) const;
};

/// Parses one YAML document into document.root. Fails unless it is a mapping without repeated keys
/// and small enough to traverse.
Result<void> parse_yaml(const std::string& yaml, Document& document);

}  // namespace headwater::config
