#include "src/config/document.h"

#include <set>
#include <utility>

namespace headwater::config {
namespace {

// A configuration has a few dozen nodes; aliases can make any number of them, or a ring.
constexpr std::size_t most_nodes = 100'000;
constexpr int deepest = 32;

class Walk {
 public:
  explicit Walk(const Document& document) : document_(document) {}

  // yaml-cpp keeps both of two equal keys and silently reads the first.
  Result<void> check(const YAML::Node& node, int depth = 0) {
    if (depth > deepest || ++seen_ > most_nodes) {
      return fail(document_.error(line_of(node), "config.too_large",
                                  "nested too deeply or too large (an alias inside its own "
                                  "anchor?)"));
    }
    if (node.IsSequence()) return check_items(node, depth);
    if (node.IsMap()) return check_keys(node, depth);
    return {};
  }

 private:
  Result<void> check_items(const YAML::Node& list, int depth) {
    for (const auto& item : list) {
      if (auto ok = check(item, depth + 1); !ok) return ok;
    }
    return {};
  }

  Result<void> check_keys(const YAML::Node& mapping, int depth) {
    std::set<std::string> keys;
    for (const auto& entry : mapping) {
      const int line = line_of(entry.first);
      if (!entry.first.IsScalar()) {
        return fail(document_.error(line, "config.wrong_type", "a key must be a plain word"));
      }
      const std::string& key = entry.first.Scalar();
      if (!keys.insert(key).second) {
        return fail(document_.error(line, "config.duplicate_key",
                                    "key '" + key + "' stands twice in the same place"));
      }
      if (auto ok = check(entry.second, depth + 1); !ok) return ok;
    }
    return {};
  }

  const Document& document_;
  std::size_t seen_ = 0;
};

}  // namespace

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

Error Document::error(int line, const std::string& name, const std::string& message) const {
  const std::string place = line > 0 ? file + ":" + std::to_string(line) : file;
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = name,
               .message = place + ": " + message,
               .next = "correct " + file + (line > 0 ? ", line " + std::to_string(line) : "") +
                       "; docs/configuration.md explains every key"};
}

Result<YAML::Node> parse_document(const std::string& yaml, const Document& document) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) {
      return fail(document.error(0, "config.empty", "the file is empty; it needs a relay"));
    }
    if (documents.size() > 1) {
      return fail(document.error(line_of(documents[1]), "config.syntax",
                                 "a second YAML document begins here; several relays go into a "
                                 "list under 'relays'"));
    }
    if (!documents[0].IsMap()) {
      return fail(document.error(line_of(documents[0]), "config.wrong_type",
                                 "the file must hold keys and values, such as 'relay: orders'"));
    }
    if (auto ok = Walk(document).check(documents[0]); !ok) return fail(std::move(ok.error()));
    return documents[0];
  } catch (const YAML::Exception& exception) {
    const int line = exception.mark.is_null() ? 0 : exception.mark.line + 1;
    return fail(document.error(line, "config.syntax", "not valid YAML: " + exception.msg));
  }
}

}  // namespace headwater::config
