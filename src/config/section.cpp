#include "src/config/section.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "src/config/document.h"
#include "src/config/nearest.h"
#include "src/config/substitute.h"
#include "src/config/units.h"
#include "src/config/yaml_json.h"

namespace headwater::config {

Section::Section(std::shared_ptr<State> state) : state_(std::move(state)) {}

bool Section::has(std::string_view key) const {
  if (!state_->node.IsMap()) return false;
  return std::any_of(state_->node.begin(), state_->node.end(),
                     [key](const auto& entry) { return entry.first.Scalar() == key; });
}

std::string Section::text(std::string_view key) {
  const auto value = state_->require(key);
  if (!value) return "";
  auto text = state_->scalar(key, *value);
  if (text && text->empty()) {
    state_->note(line_of(*value), "config.missing", state_->quoted(key) + " is empty");
  }
  return std::move(text).value_or("");
}

std::string Section::text_or(std::string_view key, std::string fallback) {
  const auto value = state_->find(key);
  if (!value) return fallback;
  return state_->scalar(key, *value).value_or(std::move(fallback));
}

std::string Section::path(std::string_view key) {
  std::string path = text(key);
  return path.empty() ? path : relative_to(state_->document->folder, path);
}

std::int64_t Section::integer_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) {
  const auto value = state_->find(key);
  if (!value) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && number >= least && number <= most) {
    return number;
  }
  state_->note_value(
      key, *value,
      "not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

bool Section::flag_or(std::string_view key, bool fallback) {
  const auto value = state_->find(key);
  if (!value) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  if (*text == "true") return true;
  if (*text == "false") return false;
  state_->note_value(key, *value, "neither true nor false");
  return fallback;
}

std::size_t Section::choice_or(std::string_view key, std::initializer_list<std::string_view> names,
                               std::size_t fallback) {
  const auto value = state_->find(key);
  if (!value) return fallback;
  const auto text = state_->scalar(key, *value);
  if (!text) return fallback;
  const std::string_view* const found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  // As written: what was put in may be a secret in the wrong place.
  const std::string written = value->Scalar();
  const std::vector<std::string> valid(names.begin(), names.end());
  state_->note(
      line_of(*value), "config.bad_value",
      state_->quoted(key) + " cannot be '" + written + "'" + suggestion(written, valid, "values"));
  return fallback;
}

std::optional<Milliseconds> Section::duration(std::string_view key) {
  const auto value = state_->find(key);
  if (!value) return std::nullopt;
  const auto text = state_->scalar(key, *value);
  if (!text) return std::nullopt;
  const auto found = parse_duration(*text);
  if (!found) {
    state_->note_value(key, *value, "not a duration such as 500ms, 5s, 10m, 1h or 7d");
  }
  return found;
}

std::optional<std::uint64_t> Section::size(std::string_view key) {
  const auto value = state_->find(key);
  if (!value) return std::nullopt;
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
  const auto value = state_->require(key);
  std::vector<std::string> names;
  if (!value) return names;
  if (value->IsScalar()) {
    const auto text = state_->scalar(key, *value);
    if (text && *text == "all") return std::nullopt;
    if (text) state_->note(line_of(*value), "config.wrong_type", state_->quoted(key) + expected);
    return names;
  }
  if (!value->IsSequence() || value->size() == 0) {
    state_->note(line_of(*value), "config.wrong_type", state_->quoted(key) + expected);
    return names;
  }
  for (const auto& item : *value) {
    auto name = item.IsNull() ? std::string() : state_->scalar(key, item);
    if (name && name->empty()) {
      state_->note(state_->line_of_key(key), "config.missing",
                   state_->quoted(key) + " holds an empty entry");
    }
    if (name) names.push_back(*std::move(name));
  }
  return names;
}

std::vector<std::string> Section::one_or_list(std::string_view key) {
  const auto value = state_->require(key);
  std::vector<std::string> texts;
  if (!value) return texts;
  const auto take = [&](const YAML::Node& item) {
    auto text = item.IsNull() ? std::string() : state_->scalar(key, item);
    if (text && text->empty()) {
      state_->note(line_of(item), "config.missing",
                   state_->quoted(key) + " is or holds an empty text");
    }
    if (text && !text->empty()) texts.push_back(*std::move(text));
  };
  if (!value->IsSequence()) {
    take(*value);
    return texts;
  }
  for (const auto& item : *value) take(item);
  if (value->size() == 0) {
    state_->note(line_of(*value), "config.missing", state_->quoted(key) + " is an empty list");
  }
  return texts;
}

std::vector<std::string> Section::json_list(std::string_view key) {
  const auto value = state_->find(key);
  std::vector<std::string> items;
  if (!value) return items;
  if (!value->IsSequence()) {
    state_->note(line_of(*value), "config.wrong_type", state_->quoted(key) + " must be a list");
    return items;
  }
  const auto text = [&](const YAML::Node& scalar) {
    if (is_number_beyond_json(scalar)) {
      state_->note(line_of(scalar), "config.bad_value",
                   state_->quoted(key) + " holds the number " + scalar.Scalar() +
                       ", which is too large or no finite one; text goes into quotes");
    }
    return state_->scalar(key, scalar).value_or("");
  };
  for (const auto& item : *value) items.push_back(to_json(item, text));
  return items;
}

std::vector<std::pair<std::string, std::string>> Section::texts() {
  std::vector<std::string> keys;
  if (state_->node.IsMap()) {
    for (const auto& entry : state_->node) keys.push_back(entry.first.Scalar());
  }
  std::vector<std::pair<std::string, std::string>> texts;
  for (std::string& key : keys) {
    std::string value = text(key);
    texts.emplace_back(std::move(key), std::move(value));
  }
  return texts;
}

Section Section::child(std::string_view key) {
  if (const auto known = state_->children.find(key); known != state_->children.end()) {
    return known->second;
  }
  auto inner = std::make_shared<State>();
  inner->document = state_->document;
  inner->path = state_->path.empty() ? std::string(key) : state_->path + "." + std::string(key);
  inner->line = state_->line_of_key(key);
  inner->present = has(key);
  if (std::find(state_->asked.begin(), state_->asked.end(), key) == state_->asked.end()) {
    state_->asked.emplace_back(key);
  }
  if (inner->present) {
    const YAML::Node value = state_->node[std::string(key)];
    // `stdout:` with nothing behind it is an empty mapping.
    if (value.IsMap()) {
      inner->node.reset(value);
    } else if (!value.IsNull()) {
      state_->note(line_of(value), "config.wrong_type",
                   state_->quoted(key) + " must be a mapping (keys and values)");
    }
  }
  return state_->children.emplace(std::string(key), Section(std::move(inner))).first->second;
}

std::string Section::only_key(const std::vector<std::string>& known) {
  State& state = *state_;
  for (const std::string& name : known) {
    if (std::find(state.asked.begin(), state.asked.end(), name) == state.asked.end()) {
      state.asked.push_back(name);
    }
  }
  if (!state.node.IsMap() || state.node.size() == 0) {
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    state.note(state.line, "config.missing",
               (state.present ? "nothing in '" : "missing key '") + state.path +
                   "'; it holds one of: " + names);
    return "";
  }
  const std::string& key = state.node.begin()->first.Scalar();
  if (std::find(known.begin(), known.end(), key) == known.end()) return "";  // finish() says so
  if (state.node.size() > 1) {
    const auto second = std::next(state.node.begin());
    state.note(line_of(second->first), "config.bad_value",
               "'" + state.path + "' holds one of its kinds, not both '" + key + "' and '" +
                   second->first.Scalar() + "'");
    return "";
  }
  return key;
}

void Section::complain(std::string_view key, const std::string& message, const std::string& name) {
  state_->note(state_->line_of_key(key), name, state_->quoted(key) + " " + message);
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
