// The parts that the getters of a Section share.
#include <utility>

#include "src/base/nearest.h"
#include "src/config/document.h"
#include "src/config/substitute.h"

namespace headwater::config {

void Section::State::ask(std::string_view key) {
  if (!is_one_of(key, asked)) asked.emplace_back(key);
}

const Node* Section::State::find(std::string_view key) {
  ask(key);
  const Entry* const entry = node->find(key);
  if (entry == nullptr) return nullptr;
  if (!entry->value.is_null()) return &entry->value;
  note(entry->line, "config.missing", quoted(key) + " has no value");
  return nullptr;
}

const Node* Section::State::require(std::string_view key) {
  const Node* const value = find(key);
  if (value == nullptr) {
    note(line_of_key(key), "config.missing", "missing key '" + std::string(key) + "'" + inside());
  }
  return value;
}

std::optional<std::string> Section::State::scalar(std::string_view key, const Node& value) {
  if (!value.is_scalar()) {
    note(value.line, "config.wrong_type",
         quoted(key) + " must be a single value, not a " +
             (value.is_mapping() ? "mapping" : "list"));
    return std::nullopt;
  }
  auto text = substitute(value.text, document->folder, document->environment);
  if (!text) {
    note(value.line, "config.variable", quoted(key) + ": " + text.error().message);
    return std::nullopt;
  }
  // C functions would stop at it.
  if (text->find('\0') != std::string::npos) {
    note(value.line, "config.bad_value", quoted(key) + " contains a zero byte");
    return std::nullopt;
  }
  return *std::move(text);
}

int Section::State::line_of_key(std::string_view key) const {
  const Entry* const entry = node->find(key);
  return entry == nullptr ? line : entry->line;
}

void Section::State::note(int at, const std::string& name, const std::string& message) {
  errors.push_back({document->errors_noted++, document->error(at, name, message)});
}

void Section::State::note_value(std::string_view key, const Node& value,
                                const std::string& expected) {
  note(value.line, "config.bad_value", quoted(key) + " is '" + value.text + "', " + expected);
}

std::string Section::State::inside() const { return path.empty() ? "" : " in " + path; }

std::string Section::State::quoted(std::string_view key) const {
  return "'" + std::string(key) + "'" + inside();
}

std::optional<Error> Section::State::unknown_key() const {
  for (const Entry& entry : node->entries) {
    if (is_one_of(entry.key, asked)) continue;
    return document->error(
        entry.line, "config.unknown_key",
        "unknown key " + quoted(entry.key) + suggestion(entry.key, asked, "keys"));
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
    const auto [begin, end] = children.equal_range(key);
    for (auto child = begin; child != end; ++child) child->second.state_->collect_asked(paths);
  }
}

}  // namespace headwater::config
