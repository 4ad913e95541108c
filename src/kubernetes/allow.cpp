#include "src/kubernetes/allow.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "src/base/nearest.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

constexpr std::string_view annotation = "headwater/allow-";
constexpr const char* form = "write `# headwater: allow RULE because REASON`";

std::string_view without_space(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string_view take_word(std::string_view& text) {
  text = without_space(text);
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = without_space(text.substr(end));
  return word;
}

bool is_comment(std::string_view line) { return without_space(line).starts_with('#'); }

/// What follows `headwater:` in a line's comment. nullopt: there is no such comment.
std::optional<std::string_view> comment_in(std::string_view line) {
  constexpr std::string_view mark = "headwater:";
  for (auto hash = line.find('#'); hash != std::string_view::npos;
       hash = line.find('#', hash + 1)) {
    if (hash > 0 && line[hash - 1] != ' ' && line[hash - 1] != '\t') continue;
    const std::string_view comment = without_space(line.substr(hash + 1));
    if (comment.starts_with(mark)) return without_space(comment.substr(mark.size()));
  }
  return std::nullopt;
}

/// Comments that are not exceptions may begin with the program's name, too.
bool is_exception(std::string_view comment) {
  const std::string_view word = take_word(comment);
  return word == "allow" || nearest(word, {"allow"}).has_value();
}

struct Read {
  std::optional<Rule> rule;
  std::string wrong;  ///< Why it is no exception.
  std::string next;
};

Read read_rule(std::string_view word) {
  const std::optional<Rule> rule = rule_named(word);
  if (!rule) {
    return {.wrong = "there is no rule '" + std::string(word) + "'" +
                     suggestion(word, rule_names(), "rules"),
            .next = "name a rule of docs/kubernetes.md"};
  }
  if (*rule == Rule::allow || *rule == Rule::nothing) {
    return {.wrong = "'" + std::string(word) + "' cannot be allowed", .next = "remove the comment"};
  }
  return {.rule = rule};
}

Read read_comment(std::string_view comment) {
  if (take_word(comment) != "allow") return {.wrong = "the comment is misspelt", .next = form};
  Read read = read_rule(take_word(comment));
  if (!read.rule) return read;
  if (take_word(comment) != "because" || comment.empty()) {
    return {.wrong = "the exception has no reason", .next = form};
  }
  return read;
}

/// The number of the document whose first key follows these comments.
std::map<int, std::size_t> comments_before_documents(const Text& file) {
  std::map<int, std::size_t> heads;
  for (std::size_t i = 0; i < file.parsed.documents.size(); ++i) {
    const yaml::Node& document = file.parsed.documents[i];
    if (document.is_null()) continue;
    for (int line = document.line - 1; line > 0; --line) {
      const std::string_view text = without_space(file.line(line));
      if (is_comment(text)) {
        heads[line] = i;
      } else if (!text.empty() && !text.starts_with('%') && (!text.starts_with("---") || i > 0)) {
        break;
      }
    }
  }
  return heads;
}

/// The document that a line is in.
std::size_t document_at(const Text& file, int line) {
  std::size_t document = 0;
  for (std::size_t i = 0; i < file.parsed.documents.size(); ++i) {
    if (file.parsed.documents[i].line <= line) document = i;
  }
  return document;
}

bool was_read_whole(const Text& file) {
  return file.parsed.find(yaml::Problem::Kind::syntax) == nullptr &&
         file.parsed.find(yaml::Problem::Kind::too_large) == nullptr;
}

}  // namespace

Allowances::Allowances(const Manifests& manifests, std::vector<Found>& found) {
  for (const Text& file : manifests.files) read_comments(file, found);
  for (const Object& object : manifests.objects) {
    if (!object.patch || !object.nameless) read_annotations(object, found);
  }
}

void Allowances::read_comments(const Text& file, std::vector<Found>& found) {
  const std::map<int, std::size_t> heads = comments_before_documents(file);
  for (int line = 1; line <= static_cast<int>(file.lines.size()); ++line) {
    const auto comment = comment_in(file.line(line));
    if (!comment || !is_exception(*comment)) continue;
    const std::size_t document = document_at(file, line);
    const Read read = read_comment(*comment);
    if (!read.rule) {
      found.push_back({&file, nullptr, document, line, Rule::allow, read.wrong, read.next});
      continue;
    }
    Allowance allowance{
        .file = &file, .line = line, .rule = *read.rule, .target = line, .document = document};
    if (const auto head = heads.find(line); head != heads.end()) {
      allowance.target = 0;
      allowance.document = head->second;
    } else {
      while (is_comment(file.line(allowance.target))) ++allowance.target;
    }
    allowances_.push_back(allowance);
  }
}

void Allowances::read_annotations(const Object& object, std::vector<Found>& found) {
  for (const yaml::Entry& entry : entries_at(object.node, {"metadata", "annotations"})) {
    if (!entry.key.starts_with(annotation)) continue;
    Read read = read_rule(std::string_view(entry.key).substr(annotation.size()));
    if (read.rule && without_space(entry.value.text).empty()) {
      read = {.wrong = "the exception has no reason",
              .next = "write the reason as the annotation's value"};
    }
    if (!read.rule) {
      found.push_back(
          {object.file, &object, object.document, entry.line, Rule::allow, read.wrong, read.next});
      continue;
    }
    allowances_.push_back({.file = object.file,
                           .line = entry.line,
                           .rule = *read.rule,
                           .document = object.document,
                           .object = &object});
  }
}

bool Allowances::covers(const Allowance& allowance, const Found& found) {
  if (allowance.rule != found.rule || allowance.file != found.file) return false;
  if (allowance.object != nullptr) return allowance.object == found.object;
  return allowance.target == 0 ? allowance.document == found.document
                               : allowance.target == found.line;
}

void Allowances::apply(std::vector<Found>& found, const std::vector<const Object*>& checked,
                       bool restricted) {
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&](const Found& one) {
                               bool allowed = false;
                               for (Allowance& allowance : allowances_) {
                                 if (!covers(allowance, one)) continue;
                                 allowance.used = allowed = true;
                               }
                               return allowed;
                             }),
              found.end());
  for (const Allowance& allowance : allowances_) {
    if (allowance.used || !was_read_whole(*allowance.file)) continue;
    const bool judged =
        !restricted || std::any_of(checked.begin(), checked.end(), [&](const Object* object) {
          return allowance.object != nullptr
                     ? object == allowance.object
                     : object->file == allowance.file && object->document == allowance.document;
        });
    if (!judged) continue;
    found.push_back(
        {allowance.file, allowance.object, allowance.document, allowance.line, Rule::allow,
         "nothing here breaks the rule '" + std::string(text_of(allowance.rule).name) + "'",
         "remove the exception"});
  }
}

}  // namespace headwater::kubernetes
