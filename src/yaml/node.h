// A YAML document as plain data, with the lines of its file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headwater::yaml {

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, mapping };

  Kind kind = Kind::null;
  int line = 0;                ///< Counted from 1. What an alias stands for has its anchor's lines.
  std::string text{};          ///< Of a scalar, as in the file.
  bool quoted = false;         ///< The scalar's quotes or tag make it text, whatever it looks like.
  std::vector<Node> items{};   ///< Of a list.
  std::vector<Entry> entries;  ///< Of a mapping, in the order of the file.

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_mapping() const { return kind == Kind::mapping; }

  /// The mapping's first entry for this key; null if there is none or this is not a mapping.
  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  int line = 0;  ///< The key's.
  Node value;
};

}  // namespace headwater::yaml
