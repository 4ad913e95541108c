#include "src/config/section.h"

#include <algorithm>
#include <utility>

#include "src/base/nearest.h"
#include "src/base/number_in.h"
#include "src/config/document.h"
#include "src/config/substitute.h"
#include "src/config/units.h"
#include "src/config/yaml_json.h"

namespace headwater::config {

Section::Section(std::shared_ptr<State> state) : state_(std::move(state)) {}

bool Section::has(std::string_view key) const { return state_->node->find(key) != nullptr; }

std::string Section::text(std::string_view key) {
  const Node* const value = state_->require(key);
  if (value == nullptr) return "";
  auto text = state_->scalar(key, *value);
  if (text && text->empty()) {
    state_->note(value->line, "config.missing", state_->quoted(key) + " is empty");
  }
  return std::move(text).value_or("");
}

std::string Section::text_or(std::string_view key, std::string fallback) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return fallback;
  return state_->scalar(key, *value).value_or(std::move(fallback));
}

std::string Section::path(std::string_view key) {
  std::string path = text(key);
  state_->mark(key, TextUse::file);
  return path.empty() ? path : relative_to(state_->document->folder, path);
}

std::string Section::path_or_none(std::string_view key) {
  std::string path = text_or(key, "");
  state_->mark(key, TextUse::file);
  return path.empty() ? path : relative_to(state_->document->folder, path);
}

std::string Section::data_path(std::string_view key) {
  std::string found = path(key);
  state_->mark(key, TextUse::data);
  return found;
}

std::string Section::address(std::string_view key) {
  std::string found = text(key);
  state_->mark(key, TextUse::address);
  return found;
}

std::vector<std::string> Section::addresses(std::string_view key) {
  auto found = one_or_list(key);
  state_->mark(key, TextUse::address);
  return found;
}

std::int64_t Section::integer_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  const auto number = whole_number<std::int64_t>(*text);
  if (number && *number >= least && *number <= most) return *number;
  state_->note_value(
      key, *value,
      "not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

bool Section::flag_or(std::string_view key, bool fallback) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  if (*text == "true") return true;
  if (*text == "false") return false;
  state_->note_value(key, *value, "neither true nor false");
  return fallback;
}

std::size_t Section::choice_or(std::string_view key, std::initializer_list<std::string_view> names,
                               std::size_t fallback) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  const std::string_view* const found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (state_->is_unknown(key)) return fallback;
  // As written, because the substituted text may be a secret in the wrong place.
  const std::string written = value->text;
  const std::vector<std::string> valid(names.begin(), names.end());
  state_->note(
      value->line, "config.bad_value",
      state_->quoted(key) + " cannot be '" + written + "'" + suggestion(written, valid, "values"));
  return fallback;
}

std::optional<Milliseconds> Section::duration(std::string_view key) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return std::nullopt;
  const auto text = state_->scalar(key, *value);
  if (!text) return std::nullopt;
  const auto found = parse_duration(*text);
  if (!found) {
    state_->note_value(key, *value, "not a duration such as 500ms, 5s, 10m, 1h or 7d");
  }
  return found;
}

std::optional<std::uint64_t> Section::size(std::string_view key) {
  const Node* const value = state_->find(key);
  if (value == nullptr) return std::nullopt;
  const auto text = state_->scalar(key, *value);
  if (!text) return std::nullopt;
  const auto found = parse_size(*text);
  if (!found) {
    state_->note_value(key, *value, "not a size in bytes such as 1024, 64KiB, 100MiB or 10GiB");
  }
  return found;
}

std::optional<std::vector<std::string>> Section::list_or_all(std::string_view key) {
  const std::string expected = " must be a list, such as [orders, customers], or the word all";
  const Node* const value = state_->require(key);
  std::vector<std::string> names;
  if (value == nullptr) return names;
  if (value->is_scalar()) {
    const auto text = state_->scalar(key, *value);
    if (text && (*text == "all" || state_->is_unknown(key))) return std::nullopt;
    if (text) state_->note(value->line, "config.wrong_type", state_->quoted(key) + expected);
    return names;
  }
  if (!value->is_list() || value->items.empty()) {
    state_->note(value->line, "config.wrong_type", state_->quoted(key) + expected);
    return names;
  }
  for (const Node& item : value->items) {
    auto name = item.is_null() ? std::string() : state_->scalar(key, item);
    if (name && name->empty()) {
      state_->note(state_->line_of_key(key), "config.missing",
                   state_->quoted(key) + " contains an empty entry");
    }
    if (name) names.push_back(*std::move(name));
  }
  return names;
}

std::vector<std::string> Section::one_or_list(std::string_view key) {
  const Node* const value = state_->require(key);
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  const auto take = [&](const Node& item) {
    auto text = item.is_null() ? std::string() : state_->scalar(key, item);
    if (text && text->empty()) {
      state_->note(item.line, "config.missing",
                   state_->quoted(key) + " is or contains an empty text");
    }
    if (text && !text->empty()) texts.push_back(*std::move(text));
  };
  if (!value->is_list()) {
    take(*value);
    return texts;
  }
  for (const Node& item : value->items) take(item);
  if (value->items.empty()) {
    state_->note(value->line, "config.missing", state_->quoted(key) + " is an empty list");
  }
  return texts;
}

std::vector<std::string> Section::list(std::string_view key) {
  return state_->find(key) == nullptr ? std::vector<std::string>() : one_or_list(key);
}

std::vector<std::string> Section::json_list(std::string_view key) {
  const Node* const value = state_->find(key);
  std::vector<std::string> items;
  if (value == nullptr) return items;
  if (!value->is_list()) {
    state_->note(value->line, "config.wrong_type", state_->quoted(key) + " must be a list");
    return items;
  }
  const auto text = [&](const Node& scalar) {
    if (is_number_beyond_json(scalar)) {
      state_->note(scalar.line, "config.bad_value",
                   state_->quoted(key) + " contains the number " + scalar.text +
                       ", which is too large or not finite; put text in quotes");
    }
    return state_->scalar(key, scalar).value_or("");
  };
  for (const Node& item : value->items) items.push_back(to_json(item, text));
  return items;
}

std::vector<std::pair<std::string, std::string>> Section::texts() {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Entry& entry : state_->node->entries) texts.emplace_back(entry.key, text(entry.key));
  return texts;
}

Section Section::child(std::string_view key) {
  if (const auto known = state_->children.find(key); known != state_->children.end()) {
    return known->second;
  }
  auto inner = std::make_shared<State>();
  inner->document = state_->document;
  inner->path = state_->path_of(key);
  inner->line = state_->line_of_key(key);
  const Entry* const entry = state_->node->find(key);
  inner->present = entry != nullptr;
  state_->ask(key);
  // `stdout:` with nothing after it is an empty mapping.
  if (entry != nullptr && entry->value.is_mapping()) {
    inner->node = &entry->value;
  } else if (entry != nullptr && !entry->value.is_null()) {
    state_->note(entry->value.line, "config.wrong_type",
                 state_->quoted(key) + " must be a mapping (keys and values)");
  }
  return state_->children.emplace(std::string(key), Section(std::move(inner)))->second;
}

std::vector<Section> Section::sections(std::string_view key) {
  const Node* const value = state_->find(key);
  std::vector<Section> all;
  if (value == nullptr) return all;
  if (!value->is_list()) {
    state_->note(value->line, "config.wrong_type", state_->quoted(key) + " must be a list");
    return all;
  }
  for (const Node& item : value->items) {
    if (!item.is_mapping()) {
      state_->note(
          item.line, "config.wrong_type",
          "every entry of " + state_->quoted(key) + " must be a mapping (keys and values)");
      continue;
    }
    auto inner = std::make_shared<State>();
    inner->document = state_->document;
    inner->path = state_->path_of(key);
    inner->line = item.line;
    inner->node = &item;
    all.push_back(Section(std::move(inner)));
    state_->children.emplace(std::string(key), all.back());
  }
  return all;
}

std::string Section::only_key(const std::vector<std::string>& known) {
  State& state = *state_;
  for (const std::string& name : known) state.ask(name);
  const std::vector<Entry>& entries = state.node->entries;
  if (entries.empty()) {
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    state.note(state.line, "config.missing",
               (state.present ? "nothing in '" : "missing key '") + state.path +
                   "'; it must contain one of: " + names);
    return "";
  }
  const std::string& key = entries[0].key;
  if (!is_one_of(key, known)) return "";  // finish() reports it
  if (entries.size() > 1) {
    state.note(entries[1].line, "config.bad_value",
               "'" + state.path + "' must contain one of its kinds, not both '" + key + "' and '" +
                   entries[1].key + "'");
    return "";
  }
  return key;
}

void Section::complain(std::string_view key, const std::string& message, const std::string& name) {
  state_->note(state_->line_of_key(key), name, state_->quoted(key) + " " + message);
  state_->errors.back().complaint = true;
}

void Section::names_file(std::string_view key, const std::string& path) {
  state_->read.push_back({.key = state_->path_of(key),
                          .line = state_->line_of_key(key),
                          .written = path,
                          .use = TextUse::library_file});
}

std::vector<ReadText> Section::read_texts() const {
  std::vector<ReadText> texts;
  state_->collect_read(texts);
  return texts;
}

std::vector<std::string> Section::asked() const {
  std::vector<std::string> paths;
  state_->collect_asked(paths);
  return paths;
}

Result<void> Section::finish() {
  // A misspelt key is the reason for the missing one, so it goes first.
  if (auto unknown = state_->unknown_key()) return fail(*std::move(unknown));
  if (const Noted* first = state_->first_error()) return fail(first->error);
  return {};
}

}  // namespace headwater::config
