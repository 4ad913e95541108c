#include "src/config/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "src/config/document.h"
#include "src/config/nearest.h"
#include "src/config/substitute.h"

namespace headwater::config {
namespace {

constexpr std::size_t longest_name = 64;

RelayConfig read_relay(Section section) {
  std::string name = section.text("relay");
  if (!is_relay_name(name)) {
    section.complain("relay", "must be at most 64 letters, digits, '-', '_' or '.'");
  }
  const std::size_t choice = section.choice_or("on_conflict", {"standby", "exit"}, 0);
  const auto takeover_after = section.duration("takeover_after");
  constexpr Milliseconds usual_takeover{5000};
  return {.name = std::move(name),
          .on_conflict = choice == 0 ? OnConflict::standby : OnConflict::exit,
          .takeover_after = takeover_after.value_or(usual_takeover),
          .source = section.child("source"),
          .stream = section.child("stream"),
          .whole = section};
}

Section make_section(std::shared_ptr<Document> document, const YAML::Node& node) {
  auto state = std::make_shared<Section::State>();
  state->document = std::move(document);
  state->node.reset(node);
  state->line = line_of(node);
  return Section(std::move(state));
}

/// A key of the whole file, whether it holds one relay or several.
std::string read_metrics(Section& top) {
  std::string address = top.text_or("metrics", "");
  if (top.has("metrics") && !is_listen_address(address)) {
    top.complain("metrics", "must be an address to listen at, such as 127.0.0.1:9090");
  }
  return address;
}

struct Parsed {
  std::shared_ptr<Document> document;
  YAML::Node root;
};

Result<Parsed> parse_text(const std::string& yaml, const std::string& file,
                          Environment environment) {
  auto document = std::make_shared<Document>();
  document->file = file;
  document->folder = std::filesystem::path(file).parent_path().string();
  document->environment = std::move(environment);
  auto root = parse_document(yaml, *document);
  if (!root) return fail(std::move(root.error()));
  return Parsed{std::move(document), *root};
}

// With neither `relay` nor `relays`, the file may have been meant either way.
std::optional<Error> misspelt_top(const Parsed& parsed) {
  if (parsed.root["relay"].IsDefined() || parsed.root["relays"].IsDefined()) return std::nullopt;
  const std::vector<std::string> keys{"relay",       "relays",         "source", "stream",
                                      "on_conflict", "takeover_after", "metrics"};
  for (const auto& entry : parsed.root) {
    const std::string& key = entry.first.Scalar();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    return parsed.document->error(line_of(entry.first), "config.unknown_key",
                                  "unknown key '" + key + "'" + suggestion(key, keys, "keys"));
  }
  return std::nullopt;
}

// The keys at the top of a file with several relays.
Result<std::vector<YAML::Node>> list_relays(const Parsed& parsed) {
  const Document& document = *parsed.document;
  int line = 0;
  for (const auto& entry : parsed.root) {
    const std::string& key = entry.first.Scalar();
    if (key == "metrics") continue;
    if (key == "relays") {
      line = line_of(entry.first);
      continue;
    }
    return fail(document.error(line_of(entry.first), "config.unknown_key",
                               "key '" + key +
                                   "' stands beside 'relays'; with several relays, each entry of "
                                   "the list has its own"));
  }
  const YAML::Node list = parsed.root["relays"];
  if (!list.IsSequence() || list.size() == 0) {
    return fail(document.error(line, "config.wrong_type",
                               "'relays' must be a list with at least one relay"));
  }
  std::vector<YAML::Node> nodes;
  for (const auto& item : list) {
    if (!item.IsMap()) {
      return fail(document.error(line_of(item), "config.wrong_type",
                                 "every entry of 'relays' must be a mapping that begins with "
                                 "'relay: NAME'"));
    }
    nodes.push_back(item);
  }
  return nodes;
}

Result<std::vector<RelayConfig>> read_relays(const Parsed& parsed,
                                             const std::vector<YAML::Node>& nodes) {
  std::vector<RelayConfig> relays;
  std::map<std::string, int> lines;
  for (const YAML::Node& node : nodes) {
    relays.push_back(read_relay(make_section(parsed.document, node)));
    const int line = node["relay"].IsDefined() ? line_of(node["relay"]) : line_of(node);
    const auto [first, is_new] = lines.try_emplace(relays.back().name, line);
    if (!is_new && !relays.back().name.empty()) {
      return fail(parsed.document->error(line, "config.duplicate_relay",
                                         "relay '" + relays.back().name +
                                             "' has the name of the one in line " +
                                             std::to_string(first->second)));
    }
  }
  return relays;
}

Result<Configuration> read_one(const Parsed& parsed) {
  auto relays = read_relays(parsed, {parsed.root});
  if (!relays) return fail(std::move(relays.error()));
  // Whoever finishes the relay's section finds what is wrong with this key.
  std::string metrics = read_metrics(relays->front().whole);
  return Configuration{.metrics = std::move(metrics), .relays = *std::move(relays)};
}

Result<Configuration> read_several(const Parsed& parsed) {
  auto nodes = list_relays(parsed);
  if (!nodes) return fail(std::move(nodes.error()));
  auto relays = read_relays(parsed, *nodes);
  if (!relays) return fail(std::move(relays.error()));
  YAML::Node own_keys = YAML::Clone(parsed.root);
  own_keys.remove("relays");
  Section top = make_section(parsed.document, own_keys);
  std::string metrics = read_metrics(top);
  if (auto read = top.finish(); !read) return fail(std::move(read.error()));
  return Configuration{.metrics = std::move(metrics), .relays = *std::move(relays)};
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
  std::uint16_t port = 0;
  const char* const end = address.data() + address.size();
  const auto parsed = std::from_chars(address.data() + colon + 1, end, port);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Result<Section> parse(const std::string& yaml, const std::string& file, Environment environment) {
  auto parsed = parse_text(yaml, file, std::move(environment));
  if (!parsed) return fail(std::move(parsed.error()));
  return make_section(std::move(parsed->document), parsed->root);
}

Result<Configuration> load(const std::string& file, Environment environment) {
  auto yaml = read_file(file);
  if (!yaml) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::usage,
                 .name = "config.unreadable",
                 .message = std::move(yaml.error().message),
                 .next = "name a file that can be read behind -c: ls -l " + file});
  }
  auto parsed = parse_text(*yaml, file, std::move(environment));
  if (!parsed) return fail(std::move(parsed.error()));
  if (auto error = misspelt_top(*parsed)) return fail(*std::move(error));
  return parsed->root["relays"].IsDefined() ? read_several(*parsed) : read_one(*parsed);
}

}  // namespace headwater::config
