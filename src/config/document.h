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
#include "src/yaml/node.h"
#include "src/yaml/parse.h"

namespace headwater::config {

using yaml::Entry;
using yaml::Node;

struct Document {
  std::string file;    ///< As the user typed it.
  std::string folder;  ///< Where its relative paths start; empty for the working directory.
  Environment environment;
  /// A value with ${NAME} or ${file:PATH} stays as it is written (config::survey()).
  bool surveyed = false;
  Node root;  ///< A mapping.
  std::size_t errors_noted = 0;

  /// A usage error at a line (counted from 1; 0 names no line).
  [[nodiscard]] Error error(int line, const std::string& name, const std::string& message) const;
  [[nodiscard]] Error error(const yaml::Problem& problem) const;
};

struct Noted {
  std::size_t order;  ///< Its number among all errors of the document.
  Error error;
  bool complaint = false;  ///< Made by the reader; it may be about a value that is unknown.
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
  std::vector<ReadText> read;
  std::vector<std::string> unknown;  ///< The keys whose values a survey does not know.

  /// Marks the key as known.
  void ask(std::string_view key);
  /// The same. Returns its value if it is there and not null.
  const Node* find(std::string_view key);
  /// As find(), but a missing value is noted.
  const Node* require(std::string_view key);
  /// The text of a scalar, after substitution; notes an error if it is not a scalar.
  std::optional<std::string> scalar(std::string_view key, const Node& value);
  /// Says what the texts of this key that were read are for.
  void mark(std::string_view key, TextUse use);
  [[nodiscard]] bool is_unknown(std::string_view key) const;
  /// Whether a value of this section or of its children is unknown.
  [[nodiscard]] bool has_unknown() const;
  /// Line of the key if it is there, else of the mapping.
  [[nodiscard]] int line_of_key(std::string_view key) const;

  void note(int line, const std::string& name, const std::string& message);
  /// "'key' in source.sqlite is '5 x'": as written in the file, never the substituted text. Notes
  /// nothing about an unknown value.
  void note_value(std::string_view key, const Node& value, const std::string& expected);
  /// "'key' in source.sqlite"
  [[nodiscard]] std::string quoted(std::string_view key) const;
  /// "source.sqlite.key"
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// " in source.sqlite"
  [[nodiscard]] std::string inside() const;

  [[nodiscard]] std::optional<Error> unknown_key() const;
  [[nodiscard]] const Noted* first_error() const;
  void collect_asked(std::vector<std::string>& paths) const;
  void collect_read(std::vector<ReadText>& texts) const;
};

/// Parses one YAML document into document.root. Fails unless it is a mapping without repeated keys
/// and small enough to traverse.
Result<void> parse_yaml(const std::string& text, Document& document);

}  // namespace headwater::config
