#include "src/yaml/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace headwater::yaml {
namespace {

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

/// A finished node and what a copy of it would cost.
struct Built {
  Node node;
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  int height = 0;  ///< Levels below it.
};

/// A list or mapping that is not finished.
struct Open {
  Built built;
  YAML::anchor_t anchor = 0;
  bool has_key = false;  ///< The next node is the value of the last entry.
  bool dropped = false;  ///< The next node is the value of a key that is left out.
  std::set<std::string> keys{};
  std::vector<std::size_t> merges{};  ///< The entries whose key is a merge key.
};

/// Builds nodes from the parser's events. yaml-cpp's own tree keeps an alias as a reference, which
/// can make a tree of any size, and does not tell a repeated key.
class Builder : public YAML::EventHandler {
 public:
  Builder(const ParseOptions& options, Parsed& parsed) : options_(options), parsed_(parsed) {}

  /// Whether the parser has stopped moving: it returns the same token as an endless row of empty
  /// documents.
  [[nodiscard]] bool stuck() const { return stuck_; }
  [[nodiscard]] int line() const { return line_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    stuck_ = mark.pos == begun_;
    begun_ = mark.pos;
    line_ = line_of(mark);
    anchors_.clear();
    open_.clear();
    // An empty document has no event of its own.
    root_ = Node{.line = line_};
  }

  void OnDocumentEnd() override {
    if (!stopped_ && !stuck_) parsed_.documents.push_back(std::move(root_));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (begin(mark)) finish({.node = {.line = line_of(mark)}}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    bytes_ += value.size();
    if (!begin(mark)) return;
    // yaml-cpp's tag of a quoted scalar is "!".
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    finish({.node = {.kind = Node::Kind::scalar,
                     .line = line_of(mark),
                     .text = value,
                     .quoted = quoted},
            .bytes = value.size()},
           anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (stopped_) return;
    const auto found = anchors_.find(anchor);
    // Inside its own anchor, it is not finished.
    if (found == anchors_.end()) return stop(line_of(mark));
    const Built& whole = found->second;
    nodes_ += expects_value() ? whole.nodes : 0;
    bytes_ += whole.bytes;
    if (too_large(whole.height)) return stop(whole.node.line);
    finish(whole, 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    start(mark, Node::Kind::list, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    start(mark, Node::Kind::mapping, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  [[nodiscard]] bool expects_value() const {
    return open_.empty() || !open_.back().built.node.is_mapping() || open_.back().has_key ||
           open_.back().dropped;
  }

  [[nodiscard]] bool too_large(int height) const {
    return nodes_ > options_.most_nodes || bytes_ > options_.most_bytes ||
           static_cast<int>(open_.size()) + height > options_.deepest;
  }

  void stop(int line) {
    stopped_ = true;
    parsed_.problems.push_back(
        {.kind = Problem::Kind::too_large,
         .line = line,
         .message = "nested too deeply or too large (an alias inside its own anchor?)"});
  }

  /// Counts a node, but not a key; false once it is too much.
  bool begin(const YAML::Mark& mark) {
    if (stopped_) return false;
    if (expects_value()) ++nodes_;
    if (too_large(0)) stop(line_of(mark));
    return !stopped_;
  }

  void start(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor) {
    if (!begin(mark)) return;
    open_.push_back({.built = {.node = {.kind = kind, .line = line_of(mark)}}, .anchor = anchor});
  }

  void end() {
    if (stopped_) return;
    Open ended = std::move(open_.back());
    open_.pop_back();
    if (!ended.merges.empty()) merge(ended);
    finish(std::move(ended.built), ended.anchor);
  }

  void finish(Built built, YAML::anchor_t anchor) {
    if (anchor != 0) keep(built, anchor);
    if (stopped_) return;
    if (open_.empty()) {
      root_ = std::move(built.node);
      return;
    }
    Open& parent = open_.back();
    if (!expects_value()) {
      take_key(parent, built.node);
      return;
    }
    if (parent.dropped) {
      parent.dropped = false;
      return;
    }
    parent.built.nodes += built.nodes;
    parent.built.bytes += built.bytes;
    parent.built.height = std::max(parent.built.height, built.height + 1);
    if (parent.has_key) {
      parent.has_key = false;
      parent.built.node.entries.back().value = std::move(built.node);
    } else {
      parent.built.node.items.push_back(std::move(built.node));
    }
  }

  /// A copy for the aliases, which counts like any other: anchors may be inside each other.
  void keep(const Built& built, YAML::anchor_t anchor) {
    nodes_ += built.nodes;
    bytes_ += built.bytes;
    if (too_large(0)) return stop(built.node.line);
    anchors_[anchor] = built;
  }

  void take_key(Open& parent, const Node& key) {
    if (!key.is_scalar()) {
      parsed_.problems.push_back({.kind = Problem::Kind::bad_key,
                                  .line = key.line,
                                  .message = "a key must be a plain word"});
      parent.dropped = true;
      return;
    }
    if (!parent.keys.insert(key.text).second) {
      parsed_.problems.push_back({.kind = Problem::Kind::repeated_key,
                                  .line = key.line,
                                  .message = "key '" + key.text + "' is there twice",
                                  .key = key.text});
    }
    std::vector<Entry>& entries = parent.built.node.entries;
    if (options_.merge_keys && key.text == "<<" && !key.quoted) {
      parent.merges.push_back(entries.size());
    }
    entries.push_back({.key = key.text, .line = key.line, .value = {}});
    parent.has_key = true;
  }

  /// The mapping's own entries win, then those of an earlier mapping.
  void merge(Open& into) {
    std::vector<Entry>& entries = into.built.node.entries;
    std::vector<Node> merged;
    for (auto at = into.merges.rbegin(); at != into.merges.rend(); ++at) {
      merged.push_back(std::move(entries[*at].value));
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(*at));
    }
    for (auto node = merged.rbegin(); node != merged.rend(); ++node) {
      if (node->is_list()) {
        for (Node& item : node->items) merge_one(into, std::move(item));
      } else {
        merge_one(into, std::move(*node));
      }
    }
  }

  void merge_one(Open& into, Node from) {
    if (!from.is_mapping()) {
      parsed_.problems.push_back({.kind = Problem::Kind::bad_key,
                                  .line = from.line,
                                  .message = "'<<' needs a mapping or a list of mappings"});
      return;
    }
    for (Entry& entry : from.entries) {
      if (!into.keys.insert(entry.key).second) continue;
      into.built.node.entries.push_back(std::move(entry));
    }
  }

  const ParseOptions& options_;
  Parsed& parsed_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Built> anchors_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  bool stopped_ = false;
  int begun_ = -1;
  bool stuck_ = false;
  int line_ = 0;
};

}  // namespace

const Problem* Parsed::find(Problem::Kind kind) const {
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [&](const Problem& problem) { return problem.kind == kind; });
  return found == problems.end() ? nullptr : &*found;
}

Parsed parse(const std::string& text, const ParseOptions& options) {
  Parsed parsed;
  Builder builder(options, parsed);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
      if (!builder.stuck()) continue;
      parsed.problems.push_back({.kind = Problem::Kind::syntax,
                                 .line = builder.line(),
                                 .message = "nothing in YAML begins like this"});
      break;
    }
  } catch (const YAML::Exception& exception) {
    parsed.problems.push_back({.kind = Problem::Kind::syntax,
                               .line = exception.mark.is_null() ? 0 : line_of(exception.mark),
                               .message = exception.msg});
  }
  return parsed;
}

const Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace headwater::yaml
