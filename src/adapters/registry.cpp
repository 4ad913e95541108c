#include "src/adapters/registry.h"

#include <span>
#include <utility>

#include "src/adapters/list.h"

namespace headwater::adapters {
namespace {

template <class Made>
Names names_of(std::span<const Kind<Made>> kinds) {
  Names names;
  for (const auto& kind : kinds) {
    (kind.make == nullptr ? names.left_out : names.built_in).emplace_back(kind.name);
  }
  return names;
}

template <class Made>
Result<Made> make(std::span<const Kind<Made>> kinds, const std::string& name,
                  config::Section section, const Clock& clock) {
  for (const auto& kind : kinds) {
    if (name == kind.name && kind.make != nullptr) return kind.make(std::move(section), clock);
  }
  return fail({.name = "config.unknown_key", .message = "there is no '" + name + "'"});
}

}  // namespace

Names source_names() { return names_of(source_kinds()); }
Names stream_names() { return names_of(stream_kinds()); }
Names target_names() { return names_of(target_kinds()); }

std::string chosen(config::Section section, const Names& names) {
  for (const std::string& name : names.left_out) {
    if (!section.has(name)) continue;
    section.only_key({name});
    std::string others;
    for (const std::string& other : names.built_in) {
      others += (others.empty() ? "" : ", ") + other;
    }
    section.complain(name, "is not in this build of headwater; available: " + others,
                     "config.not_built_in");
    return "";
  }
  return section.only_key(names.built_in);
}

Result<std::vector<NamedSource>> make_sources(const std::string& name, config::Section section,
                                              const Clock& clock) {
  return make(source_kinds(), name, std::move(section), clock);
}

Result<std::unique_ptr<StreamAdapter>> make_stream(const std::string& name, config::Section section,
                                                   const Clock& clock) {
  return make(stream_kinds(), name, std::move(section), clock);
}

Result<std::unique_ptr<TargetAdapter>> make_target(const std::string& name, config::Section section,
                                                   const Clock& clock) {
  return make(target_kinds(), name, std::move(section), clock);
}

}  // namespace headwater::adapters
