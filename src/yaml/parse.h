// Reads the YAML documents of a text. The syntax is yaml-cpp's (YAML 1.2).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "src/yaml/node.h"

namespace headwater::yaml {

/// What a text may contain. Aliases can stand for any number of nodes, or for themselves, so every
/// node is counted as often as it is used.
struct ParseOptions {
  std::size_t most_nodes = 100'000;
  std::size_t most_bytes = 64 << 20;  ///< Of all scalars together.
  int deepest = 32;                   ///< Levels below a document's root.
  /// Merge keys (https://yaml.org/type/merge.html) are replaced by the entries that they stand for.
  /// Without this, `<<` is a key as any other.
  bool merge_keys = false;
};

struct Problem {
  enum class Kind {
    syntax,        ///< Nothing after this line was read.
    too_large,     ///< Nothing after this line was read.
    bad_key,       ///< A key that is not a scalar; its entry was left out.
    repeated_key,  ///< `key`; both entries are kept.
  };

  Kind kind;
  int line;             ///< Counted from 1; 0 if the parser does not know it.
  std::string message;  ///< Without the line.
  std::string key{};
};

struct Parsed {
  std::vector<Node> documents;    ///< Those that were read whole. An empty one is a null.
  std::vector<Problem> problems;  ///< In the order in which they were found.

  [[nodiscard]] const Problem* find(Problem::Kind kind) const;
};

/// Any thread. Never fails: what is wrong with the text is among `problems`.
[[nodiscard]] Parsed parse(const std::string& text, const ParseOptions& options);

}  // namespace headwater::yaml
