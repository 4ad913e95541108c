#include "src/event/updated_document.h"

#include <algorithm>
#include <cstddef>
#include <list>
#include <map>
#include <vector>

#include "src/base/number_in.h"
#include "src/event/json_scan.h"

namespace headwater {
namespace {

// The server allows no larger document: 16 MB.
constexpr std::size_t longest_array = 4'000'000;

/// What to do to one value, and to what is inside it. All paths of an update in one tree, so that a
/// large document is gone through once.
struct Edit {
  std::optional<std::string_view> set;
  bool remove = false;
  std::optional<std::size_t> size;  // of an array
  std::map<std::string_view, Edit> inside;
};

std::optional<std::string_view> string_in(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

/// 7, or {"$numberInt":"7"}.
std::optional<std::size_t> integer(std::string_view json) {
  if (const auto tagged = json_parts(json); tagged && tagged->size() == 1) {
    return whole_number<std::size_t>(string_in(tagged->front().value).value_or(""));
  }
  return whole_number<std::size_t>(json);
}

std::string_view member(const std::vector<JsonPart>& parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &JsonPart::name);
  return found == parts.end() ? std::string_view() : found->value;
}

/// Reads an updateDescription into one tree of edits.
class Description {
 public:
  /// False: it cannot be read.
  bool read(std::string_view json) {
    const auto parts = json_parts(json);
    if (!parts) return false;
    disambiguated_ = json_parts(member(*parts, "disambiguatedPaths")).value_or(Parts{});
    return updated(member(*parts, "updatedFields")) && removed(member(*parts, "removedFields")) &&
           truncated(member(*parts, "truncatedArrays"));
  }

  [[nodiscard]] const Edit& root() const { return root_; }

 private:
  using Parts = std::vector<JsonPart>;

  bool updated(std::string_view json) {
    if (json.empty()) return true;
    const auto fields = json_parts(json);
    if (!fields) return false;
    for (const JsonPart& field : *fields) at(field.name).set = field.value;
    return true;
  }

  bool removed(std::string_view json) {
    if (json.empty()) return true;
    const auto fields = json_parts(json);
    if (!fields) return false;
    for (const JsonPart& field : *fields) {
      const auto path = string_in(field.value);
      if (!path) return false;
      at(*path).remove = true;
    }
    return true;
  }

  bool truncated(std::string_view json) {
    if (json.empty() || json == "null") return true;
    const auto arrays = json_parts(json);
    if (!arrays) return false;
    for (const JsonPart& array : *arrays) {
      const auto parts = json_parts(array.value);
      const auto path = parts ? string_in(member(*parts, "field")) : std::nullopt;
      const auto size = parts ? integer(member(*parts, "newSize")) : std::nullopt;
      if (!path || !size) return false;
      at(*path).size = size;
    }
    return true;
  }

  Edit& at(std::string_view path) {
    Edit* edit = &root_;
    if (const std::string_view words = member(disambiguated_, path); !words.empty()) {
      for (const JsonPart& word : json_parts(words).value_or(Parts{})) {
        edit = &edit->inside[component(word.value)];
      }
      return *edit;
    }
    for (;;) {
      const std::size_t dot = path.find('.');
      edit = &edit->inside[path.substr(0, dot)];
      if (dot == std::string_view::npos) return *edit;
      path.remove_prefix(dot + 1);
    }
  }

  std::string_view component(std::string_view json) {
    if (const auto name = string_in(json)) return *name;
    numbers_.push_back(std::to_string(integer(json).value_or(0)));
    return numbers_.back();
  }

  Edit root_;
  Parts disambiguated_;
  std::list<std::string> numbers_;  // what the tree's views point to
};

/// Carries out a tree of edits.
class Editor {
 public:
  explicit Editor(bool creates_parents) : creates_parents_(creates_parents) {}

  std::string edited(std::string_view value, const Edit& edit) {
    if (edit.set) value = *edit.set;
    if (edit.inside.empty() && !edit.size) return std::string(value);
    auto parts = json_parts(value);
    // A scalar replaced what was here: a later change reports it, too.
    if (!parts) return std::string(value);
    const bool object = value.front() == '{';
    std::list<std::string> made;  // what the parts point to
    if (object) {
      members(*parts, edit, made);
    } else {
      elements(*parts, edit, made);
    }
    return json_of(*parts, object);
  }

  [[nodiscard]] bool ambiguous() const { return ambiguous_; }

 private:
  using Parts = std::vector<JsonPart>;

  void members(Parts& parts, const Edit& edit, std::list<std::string>& made) {
    for (const auto& [name, inner] : edit.inside) {
      const auto found = std::ranges::find(parts, name, &JsonPart::name);
      if (!inner.inside.empty() && dotted(parts, name)) ambiguous_ = true;
      if (inner.remove) {
        if (found != parts.end()) parts.erase(found);
      } else if (found != parts.end()) {
        found->value = made.emplace_back(edited(found->value, inner));
      } else if (const auto fresh = created(inner)) {
        parts.push_back({name, made.emplace_back(*fresh)});
      }
    }
  }

  void elements(Parts& parts, const Edit& edit, std::list<std::string>& made) {
    if (edit.size && *edit.size <= longest_array) parts.resize(*edit.size, {{}, "null"});
    for (const auto& [name, inner] : edit.inside) {
      const auto index = whole_number<std::size_t>(name);
      if (!index || *index >= longest_array) continue;
      if (*index < parts.size()) {
        parts[*index].value = made.emplace_back(edited(parts[*index].value, inner));
      } else if (inner.set) {
        parts.resize(*index, {{}, "null"});
        parts.push_back({{}, *inner.set});
      }
    }
  }

  /// A field that was not there. Its first part being new, the server would have reported it whole, or
  /// the name has dots.
  std::optional<std::string> created(const Edit& edit) {
    if (edit.set) return edited(*edit.set, edit);
    if (edit.inside.empty()) return std::nullopt;
    const bool sets = std::ranges::any_of(
        edit.inside, [this](const auto& each) { return each.second.set || created(each.second); });
    if (!sets) return std::nullopt;
    if (!creates_parents_) ambiguous_ = true;
    return edited("{}", edit);
  }

  static bool dotted(const Parts& parts, std::string_view name) {
    return std::ranges::any_of(parts, [name](const JsonPart& part) {
      return part.name.size() > name.size() && part.name.starts_with(name) &&
             part.name[name.size()] == '.';
    });
  }

  bool creates_parents_;
  bool ambiguous_ = false;
};

}  // namespace

std::optional<std::string> updated_document(std::string_view document, std::string_view detail,
                                            bool creates_parents) {
  const auto parts = json_parts(detail);
  if (!parts || document.empty() || document.front() != '{') return std::nullopt;
  Description description;
  if (!description.read(member(*parts, "updateDescription"))) return std::nullopt;
  Editor editor(creates_parents);
  std::string result = editor.edited(document, description.root());
  if (editor.ambiguous()) return std::nullopt;
  return result;
}

std::optional<std::vector<TouchedField>> touched_fields(std::string_view detail) {
  const auto parts = json_parts(detail);
  if (!parts) return std::nullopt;
  Description description;
  if (!description.read(member(*parts, "updateDescription"))) return std::nullopt;
  std::vector<TouchedField> fields;
  for (const auto& [name, edit] : description.root().inside) {
    fields.push_back({.name = std::string(name), .inside = !edit.set && !edit.remove});
  }
  return fields;
}

}  // namespace headwater
