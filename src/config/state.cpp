// The parts that the getters of a Section share.
#include <algorithm>
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
  read.push_back({.key = path_of(key), .line = value.line, .written = value.text});
  if (document->surveyed && has_references(value.text)) {
    unknown.emplace_back(key);
    return value.text;
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

void Section::State::mark(std::string_view key, TextUse use) {
  const std::string whole = path_of(key);
  for (ReadText& text : read) {
    if (text.key == whole) text.use = use;
  }
}

bool Section::State::is_unknown(std::string_view key) const { return is_one_of(key, unknown); }

bool Section::State::has_unknown() const {
  return !unknown.empty() || std::ranges::any_of(children, [](const auto& child) {
    return child.second.state_->has_unknown();
  });
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
  if (is_unknown(key)) return;
  note(value.line, "config.bad_value", quoted(key) + " is '" + value.text + "', " + expected);
}

std::string Section::State::path_of(std::string_view key) const {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
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
  const bool doubtful = has_unknown();
  const auto counted = std::ranges::find_if(
      errors, [&](const Noted& noted) { return !noted.complaint || !doubtful; });
  const Noted* first = counted == errors.end() ? nullptr : &*counted;
  for (const auto& [key, child] : children) {
    const Noted* other = child.state_->first_error();
    if (other != nullptr && (first == nullptr || other->order < first->order)) first = other;
  }
  return first;
}

void Section::State::collect_asked(std::vector<std::string>& paths) const {
  for (const std::string& key : asked) {
    paths.push_back(path_of(key));
    const auto [begin, end] = children.equal_range(key);
    for (auto child = begin; child != end; ++child) child->second.state_->collect_asked(paths);
  }
}

void Section::State::collect_read(std::vector<ReadText>& texts) const {
  texts.insert(texts.end(), read.begin(), read.end());
  for (const auto& [key, child] : children) child.state_->collect_read(texts);
}

}  // namespace headwater::config
