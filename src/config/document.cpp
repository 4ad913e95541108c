#include "src/config/document.h"

#include <yaml-cpp/yaml.h>

#include <set>
#include <utility>

namespace headwater::config {
namespace {

// A configuration has a few dozen nodes, but aliases can create any number of them, or a cycle.
constexpr std::size_t most_nodes = 100'000;
constexpr int deepest = 32;

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

/// Copies what yaml-cpp has parsed.
class Walk {
 public:
  explicit Walk(const Document& document) : document_(document) {}

  Result<void> copy(const YAML::Node& from, Node& to, int depth = 0) {
    to.line = line_of(from);
    if (depth > deepest || ++seen_ > most_nodes) {
      return fail(document_.error(to.line, "config.too_large",
                                  "nested too deeply or too large (an alias inside its own "
                                  "anchor?)"));
    }
    if (from.IsSequence()) return copy_items(from, to, depth);
    if (from.IsMap()) return copy_entries(from, to, depth);
    if (from.IsScalar()) copy_scalar(from, to);
    return {};
  }

 private:
  static void copy_scalar(const YAML::Node& from, Node& to) {
    to.kind = Node::Kind::scalar;
    to.text = from.Scalar();
    // yaml-cpp's tag of a quoted scalar is "!".
    to.quoted = from.Tag() == "!" || from.Tag() == "tag:yaml.org,2002:str";
  }

  Result<void> copy_items(const YAML::Node& from, Node& to, int depth) {
    to.kind = Node::Kind::list;
    for (const auto& item : from) {
      if (auto ok = copy(item, to.items.emplace_back(), depth + 1); !ok) return ok;
    }
    return {};
  }

  // yaml-cpp keeps both of two equal keys and silently reads the first.
  Result<void> copy_entries(const YAML::Node& from, Node& to, int depth) {
    to.kind = Node::Kind::mapping;
    std::set<std::string> keys;
    for (const auto& entry : from) {
      const int line = line_of(entry.first);
      if (!entry.first.IsScalar()) {
        return fail(document_.error(line, "config.wrong_type", "a key must be a plain word"));
      }
      const std::string& key = entry.first.Scalar();
      if (!keys.insert(key).second) {
        return fail(document_.error(line, "config.duplicate_key",
                                    "key '" + key + "' is there twice; remove one of them"));
      }
      Entry& copied = to.entries.emplace_back();
      copied.key = key;
      copied.line = line;
      if (auto ok = copy(entry.second, copied.value, depth + 1); !ok) return ok;
    }
    return {};
  }

  const Document& document_;
  std::size_t seen_ = 0;
};

}  // namespace

Error Document::error(int line, const std::string& name, const std::string& message) const {
  const std::string place = line > 0 ? file + ":" + std::to_string(line) : file;
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = name,
               .message = place + ": " + message,
               .next = "correct " + file + (line > 0 ? ", line " + std::to_string(line) : "") +
                       "; docs/configuration.md explains every key"};
}

Result<void> parse_yaml(const std::string& yaml, Document& document) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) {
      return fail(document.error(0, "config.empty", "the file is empty; it needs a relay"));
    }
    if (documents.size() > 1) {
      return fail(document.error(
          line_of(documents[1]), "config.syntax",
          "a second YAML document begins here; put several relays into a list under 'relays'"));
    }
    if (!documents[0].IsMap()) {
      return fail(document.error(line_of(documents[0]), "config.wrong_type",
                                 "the file must hold keys and values, such as 'relay: orders'"));
    }
    return Walk(document).copy(documents[0], document.root);
  } catch (const YAML::Exception& exception) {
    const int line = exception.mark.is_null() ? 0 : exception.mark.line + 1;
    return fail(document.error(line, "config.syntax", "not valid YAML: " + exception.msg));
  }
}

const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace headwater::config
