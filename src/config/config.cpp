#include "src/config/config.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <span>
#include <utility>

#include "src/base/nearest.h"
#include "src/base/number_in.h"
#include "src/config/document.h"
#include "src/config/substitute.h"
#include "src/config/yaml_json.h"

namespace headwater::config {
namespace {

constexpr std::size_t longest_name = 64;
// A pause is for many small commits together; a longer one would be a delay of its own.
constexpr Milliseconds longest_pause{1000};

RelayConfig read_relay(Section section) {
  std::string name = section.text("relay");
  if (!is_relay_name(name)) {
    section.complain("relay", "must be at most 64 letters, digits, '-', '_' or '.'");
  }
  const std::size_t choice = section.choice_or("on_conflict", {"standby", "exit"}, 0);
  const auto takeover_after = section.duration("takeover_after");
  constexpr Milliseconds usual_takeover{5000};
  const auto append_pause = section.duration("append_pause");
  if (append_pause && *append_pause > longest_pause) {
    section.complain("append_pause", "must be at most 1s");
  }
  return {.name = std::move(name),
          .text = {},
          .on_conflict = choice == 0 ? OnConflict::standby : OnConflict::exit,
          .takeover_after = takeover_after.value_or(usual_takeover),
          .append_pause = append_pause,
          .source = section.child("source"),
          .stream = section.child("stream"),
          .dead_letters = section.child("dead_letters"),
          .materialize = section.child("materialize"),
          .whole = section};
}

/// `node` is a part of the document; `read` are its keys that were already read.
Section make_section(std::shared_ptr<Document> document, const Node& node,
                     std::vector<std::string> read = {}) {
  auto state = std::make_shared<Section::State>();
  state->document = std::move(document);
  state->node = &node;
  state->line = node.line;
  state->asked = std::move(read);
  return Section(std::move(state));
}

/// A key of the whole file, with one relay or several.
std::string read_metrics(Section& top) {
  std::string address = top.text_or("metrics", "");
  if (top.has("metrics") && !is_listen_address(address)) {
    top.complain("metrics", "must be an address to listen on, such as 127.0.0.1:9090");
  }
  return address;
}

Result<std::shared_ptr<Document>> parse_text(const std::string& yaml, const std::string& file,
                                             Environment environment) {
  auto document = std::make_shared<Document>();
  document->file = file;
  document->folder = folder_of(file);
  document->environment = std::move(environment);
  if (auto parsed = parse_yaml(yaml, *document); !parsed) return failed(parsed);
  return document;
}

// Without `relay` and `relays`, the intended form of the file is unknown.
std::optional<Error> misspelt_top(const Document& document) {
  const Node& root = document.root;
  if (root.find("relay") != nullptr || root.find("relays") != nullptr) return std::nullopt;
  const std::vector<std::string> keys{
      "relay",          "relays",       "source",  "stream", "materialize",  "on_conflict",
      "takeover_after", "append_pause", "metrics", "serve",  "dead_letters", "standby"};
  for (const Entry& entry : root.entries) {
    if (is_one_of(entry.key, keys)) continue;
    return document.error(entry.line, "config.unknown_key",
                          "unknown key '" + entry.key + "'" + suggestion(entry.key, keys, "keys"));
  }
  return std::nullopt;
}

// The items of the list `relays`.
Result<const std::vector<Node>*> list_relays(const Document& document) {
  for (const Entry& entry : document.root.entries) {
    if (entry.key == "metrics" || entry.key == "serve" || entry.key == "relays") continue;
    return fail(document.error(
        entry.line, "config.unknown_key",
        "key '" + entry.key + "' is next to 'relays'; move it into the entries of the list"));
  }
  const Entry& list = *document.root.find("relays");
  if (list.value.items.empty()) {
    return fail(document.error(list.line, "config.wrong_type",
                               "'relays' must be a list with at least one relay"));
  }
  for (const Node& item : list.value.items) {
    if (item.is_mapping()) continue;
    return fail(document.error(item.line, "config.wrong_type",
                               "every entry of 'relays' must be a mapping that begins with "
                               "'relay: NAME'"));
  }
  return &list.value.items;
}

int line_of_name(const Node& relay) {
  const Entry* const named = relay.find("relay");
  return named == nullptr ? relay.line : named->value.line;
}

/// Of one relay: what belongs to the whole file may stand beside its keys.
std::string text_of(Node relay, const Document& document) {
  std::erase_if(relay.entries,
                [](const Entry& entry) { return entry.key == "metrics" || entry.key == "serve"; });
  return to_json(relay, [&document](const Node& scalar) {
    return substitute(scalar.text, document.folder, document.environment).value_or("");
  });
}

Result<std::vector<RelayConfig>> read_relays(const std::shared_ptr<Document>& document,
                                             std::span<const Node> nodes) {
  std::vector<RelayConfig> relays;
  for (const Node& node : nodes) {
    RelayConfig relay = read_relay(make_section(document, node));
    relay.text = text_of(node, *document);
    for (std::size_t i = 0; i < relays.size() && !relay.name.empty(); ++i) {
      if (relay.name != relays[i].name) continue;
      return fail(document->error(line_of_name(node), "config.duplicate_relay",
                                  "relay '" + relay.name + "' has the name of the one in line " +
                                      std::to_string(line_of_name(nodes[i]))));
    }
    relays.push_back(std::move(relay));
  }
  return relays;
}

Result<Configuration> read_one(const std::shared_ptr<Document>& document) {
  auto relays = read_relays(document, {&document->root, 1});
  if (!relays) return failed(relays);
  // finish() of the relay's section reports an error of this key.
  std::string metrics = read_metrics(relays->front().whole);
  ServeConfig serve = read_serve(relays->front().whole.child("serve"));
  Section top = relays->front().whole;
  return Configuration{.metrics = std::move(metrics),
                       .serve = std::move(serve),
                       .relays = *std::move(relays),
                       .top = std::move(top)};
}

Result<Configuration> read_several(const std::shared_ptr<Document>& document) {
  auto nodes = list_relays(*document);
  if (!nodes) return failed(nodes);
  auto relays = read_relays(document, **nodes);
  if (!relays) return failed(relays);
  Section top = make_section(document, document->root, {"relays"});
  std::string metrics = read_metrics(top);
  ServeConfig serve = read_serve(top.child("serve"));
  if (auto read = top.finish(); !read) return failed(read);
  return Configuration{.metrics = std::move(metrics),
                       .serve = std::move(serve),
                       .relays = *std::move(relays),
                       .top = std::move(top)};
}

Result<std::string> read_configuration(const std::string& file) {
  auto yaml = read_file(file);
  if (yaml) return *std::move(yaml);
  return fail({.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "config.unreadable",
               .message = std::move(yaml.error().message),
               .next = "give -c a file that can be read: ls -l " + file});
}

Result<Configuration> read_document(const std::shared_ptr<Document>& document) {
  if (auto error = misspelt_top(*document)) return fail(*std::move(error));
  const bool several = document->root.find("relays") != nullptr;
  return several ? read_several(document) : read_one(document);
}

}  // namespace

bool is_relay_name(const std::string& name) {
  if (name.size() > longest_name) return false;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
    if (!fine) return false;
  }
  return true;
}

bool is_listen_address(const std::string& address) {
  const std::size_t colon = address.find(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto in_a_host = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  };
  if (!std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(colon),
                   in_a_host)) {
    return false;
  }
  return whole_number<std::uint16_t>(std::string_view(address).substr(colon + 1)).has_value();
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Result<Section> parse(const std::string& yaml, const std::string& file, Environment environment) {
  auto document = parse_text(yaml, file, std::move(environment));
  if (!document) return failed(document);
  return make_section(*document, (*document)->root);
}

Result<std::string> metrics_address(const std::string& file, Environment environment) {
  auto yaml = read_configuration(file);
  if (!yaml) return failed(yaml);
  auto document = parse_text(*yaml, file, std::move(environment));
  if (!document) return failed(document);
  Section top = make_section(*document, (*document)->root);
  std::string address = read_metrics(top);
  if (address.empty() || is_listen_address(address)) return address;
  return fail((*document)->error((*document)->root.find("metrics")->line, "config.bad_value",
                                 "'metrics' must be an address to listen on, such as "
                                 "127.0.0.1:9090"));
}

Result<Configuration> load(const std::string& file, Environment environment) {
  auto yaml = read_configuration(file);
  if (!yaml) return failed(yaml);
  auto document = parse_text(*yaml, file, std::move(environment));
  if (!document) return failed(document);
  return read_document(*document);
}

Result<Survey> survey(const std::string& file) {
  auto yaml = read_configuration(file);
  if (!yaml) return failed(yaml);
  auto document = parse_text(*yaml, file, [](const std::string&) { return std::nullopt; });
  if (!document) return failed(document);
  (*document)->surveyed = true;
  auto configuration = read_document(*document);
  if (!configuration) return failed(configuration);
  return Survey{.text = *std::move(yaml), .configuration = *std::move(configuration)};
}

}  // namespace headwater::config
