// What the getters of a Section are made of.
#include <algorithm>
#include <utility>

#include "src/config/document.h"
#include "src/config/nearest.h"
#include "src/config/substitute.h"

namespace headwater::config {

std::optional<YAML::Node> Section::State::find(std::string_view key) {
  if (std::find(asked.begin(), asked.end(), key) == asked.end()) asked.emplace_back(key);
  if (!node.IsMap()) return std::nullopt;
  for (const auto& entry : node) {
    if (entry.first.Scalar() != key) continue;
    if (!entry.second.IsNull()) return entry.second;
    note(line_of(entry.first), "config.missing", quoted(key) + " has no value");
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<YAML::Node> Section::State::require(std::string_view key) {
  auto value = find(key);
  if (!value) {
    note(line_of_key(key), "config.missing", "missing key '" + std::string(key) + "'" + inside());
  }
  return value;
}

std::optional<std::string> Section::State::scalar(std::string_view key, const YAML::Node& value) {
  if (!value.IsScalar()) {
    note(line_of(value), "config.wrong_type",
         quoted(key) + " must be a single value, not a " + (value.IsMap() ? "mapping" : "list"));
    return std::nullopt;
  }
  auto text = substitute(value.Scalar(), document->folder, document->environment);
  if (!text) {
    note(line_of(value), "config.variable", quoted(key) + ": " + text.error().message);
    return std::nullopt;
  }
  return *std::move(text);
}

int Section::State::line_of_key(std::string_view key) const {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      if (entry.first.Scalar() == key) return line_of(entry.first);
    }
  }
  return line;
}

void Section::State::note(int at, const std::string& name, const std::string& message) {
  errors.push_back({document->errors_noted++, document->error(at, name, message)});
}

void Section::State::note_value(std::string_view key, const YAML::Node& value,
                                const std::string& expected) {
  note(line_of(value), "config.bad_value",
       quoted(key) + " is '" + value.Scalar() + "', " + expected);
}

std::string Section::State::inside() const { return path.empty() ? "" : " in " + path; }

std::string Section::State::quoted(std::string_view key) const {
  return "'" + std::string(key) + "'" + inside();
}

std::optional<Error> Section::State::unknown_key() const {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string& key = entry.first.Scalar();
      if (std::find(asked.begin(), asked.end(), key) == asked.end()) {
        return document->error(line_of(entry.first), "config.unknown_key",
                               "unknown key " + quoted(key) + suggestion(key, asked, "keys"));
      }
    }
  }
  for (const auto& [key, child] : children) {
    if (auto error = child.state_->unknown_key()) return error;
  }
  return std::nullopt;
}

const Noted* Section::State::first_error() const {
  const Noted* first = errors.empty() ? nullptr : errors.data();
  for (const auto& [key, child] : children) {
    const Noted* other = child.state_->first_error();
    if (other != nullptr && (first == nullptr || other->order < first->order)) first = other;
  }
  return first;
}

void Section::State::collect_asked(std::vector<std::string>& paths) const {
  for (const std::string& key : asked) {
    paths.push_back(path.empty() ? key : path + "." + key);
    if (const auto child = children.find(key); child != children.end()) {
      child->second.state_->collect_asked(paths);
    }
  }
}

}  // namespace headwater::config
