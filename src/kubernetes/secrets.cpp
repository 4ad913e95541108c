#include "src/kubernetes/secrets.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/nearest.h"
#include "src/yaml/parse.h"

namespace headwater::kubernetes {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// "NATS_PASSWORD", "nats-password" and "natsPassword" are the words "nats" and "password".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool between = name[i] == '_' || name[i] == '-' || name[i] == '.';
    const bool hump = i > 0 && is_upper(name[i]) && is_lower(name[i - 1]);
    if (between || hump) words.emplace_back();
    if (!between) words.back() += lower(name[i]);
  }
  return words;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool end_with_secret(const std::vector<std::string>& words) {
  static constexpr std::array endings = {"password", "passwd", "passphrase", "token", "secret"};
  std::string joined;
  for (const std::string& word : words) joined += word;
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return joined.ends_with(ending); });
}

bool is_placeholder(std::string_view value) {
  return contains(value, "${") || contains(value, "$(") || contains(value, "{{") ||
         value.starts_with("ENC[") || value.starts_with('<') ||
         value.find_first_not_of('*') == std::string_view::npos;
}

/// The end of the part of a URI that names user and host.
std::size_t end_of_authority(std::string_view text) {
  return std::min(text.find_first_of("/?# \t\r\n\"'<>|"), text.size());
}

void look_into(const yaml::Node& node, std::vector<std::pair<int, std::string>>& found) {
  const std::string shown = node.is_scalar() ? secret_shown_in(node.text) : "";
  if (!shown.empty()) found.emplace_back(node.line, "there is " + shown + " in the open");
  for (const yaml::Node& item : node.items) look_into(item, found);
  for (const yaml::Entry& entry : node.entries) {
    const bool named = ends_with_secret(entry.key);
    if (named && entry.value.is_scalar() && is_literal(entry.value.text)) {
      found.emplace_back(entry.line, "'" + entry.key + "' has its value in the open");
    } else {
      look_into(entry.value, found);
    }
  }
}

/// Of a text that is no YAML: what its lines show.
void look_at_lines(const std::string& text, std::vector<std::pair<int, std::string>>& found) {
  const std::vector<std::string_view> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto begin = lines[i].find_first_not_of(" \t");
    if (begin == std::string_view::npos || lines[i][begin] == '#') continue;
    const std::string shown = secret_shown_in(lines[i]);
    const bool end = contains(lines[i], "-----END ");
    if (!shown.empty() && !end) {
      found.emplace_back(static_cast<int>(i) + 1, "there is " + shown + " in the open");
    }
  }
}

}  // namespace

bool ends_with_secret(std::string_view name) { return end_with_secret(words_of(name)); }

bool names_secret(std::string_view name) {
  static const std::vector<std::string> secret = {
      "secret", "password",   "passwd", "pwd",        "pass",
      "token",  "passphrase", "apikey", "credential", "credentials"};
  static const std::vector<std::string> keys_in_the_open = {
      "partition", "sort", "primary", "foreign", "routing", "public", "message", "shard", "row"};
  std::vector<std::string> words = words_of(name);
  if (words.back() == "value") words.pop_back();
  if (words.empty()) return false;
  if (words.back() != "key") {
    return is_one_of(words.back(), secret) || end_with_secret(words);
  }
  return words.size() < 2 || !is_one_of(words[words.size() - 2], keys_in_the_open);
}

bool is_literal(std::string_view value) {
  static const std::vector<std::string> no_secrets = {"true", "false", "yes", "no", "null", "none"};
  while (!value.empty() && (value.back() == '\n' || value.back() == ' ')) value.remove_suffix(1);
  // A secret may begin with a slash, too.
  const bool path = value.starts_with('/') && value.find('/', 1) != std::string_view::npos;
  if (value.empty() || path || is_placeholder(value)) return false;
  return !is_one_of(value, no_secrets);
}

bool has_password_in_uri(std::string_view text) {
  for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://")) {
    text.remove_prefix(at + 3);
    const std::string_view authority = text.substr(0, end_of_authority(text));
    const auto host = authority.rfind('@');
    if (host == std::string_view::npos) continue;
    const std::string_view user = authority.substr(0, host);
    const auto colon = user.find(':');
    if (colon != std::string_view::npos && is_literal(user.substr(colon + 1))) return true;
  }
  return false;
}

bool has_password_in_conninfo(std::string_view text) {
  static constexpr std::array others = {"host=", "hostaddr=", "user=", "dbname=", "://"};
  constexpr std::string_view key = "password=";
  if (std::none_of(others.begin(), others.end(),
                   [&](std::string_view other) { return contains(text, other); })) {
    return false;
  }
  for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key)) {
    text.remove_prefix(at + key.size());
    std::string_view value = text;
    value.remove_prefix(std::min(value.find_first_not_of("'\""), value.size()));
    value = value.substr(0, value.find_first_of(" \t\r\n&;'\""));
    // "$PASSWORD" of a shell.
    if (is_literal(value) && !value.starts_with('$')) return true;
  }
  return false;
}

std::string secret_shown_in(std::string_view text) {
  if (has_password_in_uri(text)) return "a URI with a password";
  if (has_password_in_conninfo(text)) return "a connection string with a password";
  return contains(text, "PRIVATE KEY-----") ? "a private key" : "";
}

std::vector<OpenSecret> secrets_in(const yaml::Node& text, const Text& file) {
  std::vector<std::pair<int, std::string>> found;
  const yaml::Parsed parsed = yaml::parse(text.text, manifest_limits());
  const bool whole = parsed.find(yaml::Problem::Kind::syntax) == nullptr;
  const bool structured = whole && !parsed.documents.empty() && !parsed.documents[0].is_scalar();
  if (structured) {
    for (const yaml::Node& document : parsed.documents) look_into(document, found);
  } else {
    look_at_lines(text.text, found);
  }
  const std::vector<std::string_view> lines = lines_of(text.text);
  std::vector<OpenSecret> secrets;
  for (auto& [line, what] : found) {
    const auto index = static_cast<std::size_t>(std::max(line, 1)) - 1;
    const std::string_view shown = index < lines.size() ? lines[index] : std::string_view();
    secrets.push_back({.line = line_in_file(file, text, line - 1, shown), .what = what});
  }
  return secrets;
}

bool is_configuration(const std::string& key, const std::string& text) {
  if (contains(key, "headwater")) return true;
  return contains(text, "source:") && contains(text, "stream:") &&
         (contains(text, "relay:") || contains(text, "relays:"));
}

}  // namespace headwater::kubernetes
