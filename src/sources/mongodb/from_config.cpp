#include "src/sources/mongodb/from_config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/sources/mongodb/adapter.h"
#include "src/sources/mongodb/server/client.h"
#include "src/sources/shared/from_config.h"

namespace headwater {

namespace mongodb {
namespace {

std::vector<Doc> read_pipeline(config::Section& section) {
  std::vector<Doc> stages;
  for (const std::string& json : section.json_list("pipeline")) {
    auto stage = Doc::from_json(json);
    if (!stage) {
      section.complain("pipeline", "cannot be read: stage " + std::to_string(stages.size() + 1) +
                                       " is not a document in Extended JSON");
      return {};
    }
    stages.push_back(std::move(*stage));
  }
  auto checked = checked_pipeline(std::move(stages));
  if (checked) return std::move(*checked);
  section.complain("pipeline", "is refused: " + checked.error().message, checked.error().name);
  return {};
}

std::vector<Watch> read_watches(config::Section& section) {
  std::vector<Watch> watches;
  for (const std::string& words : section.one_or_list("watch")) {
    auto watch = parse_watch(words);
    if (!watch) {
      // Not quoted: it may be a secret in the wrong place.
      section.complain("watch", "names nothing that can be watched; " + watch.error().next);
    } else if (std::find(watches.begin(), watches.end(), *watch) != watches.end()) {
      section.complain("watch", "names '" + watch->words() + "' twice");
    } else {
      watches.push_back(std::move(*watch));
    }
  }
  return watches;
}

/// A change must not be published twice under one source and id. Of two relays that see it, the one
/// that sees more has a source of its own.
std::string part_of(const Watch& watch, const std::vector<Watch>& all) {
  const bool covers = std::ranges::any_of(all, [&](const Watch& other) {
    return other != watch && watch.covers(other.database, other.collection);
  });
  return covers ? watch.words() : std::string();
}

}  // namespace

Result<std::vector<SourceOptions>> read_options(config::Section section) {
  constexpr std::array documents{FullDocument::as_reported, FullDocument::update_lookup,
                                 FullDocument::when_available, FullDocument::required};
  constexpr std::array before{FullDocumentBefore::off, FullDocumentBefore::when_available,
                              FullDocumentBefore::required};
  SourceOptions options;
  options.uri = section.address("uri");
  for (const std::string& file : files_of(options.uri)) section.names_file("uri", file);
  const std::vector<Watch> watches = read_watches(section);
  options.pipeline = read_pipeline(section);
  options.full_document = documents[section.choice_or(
      "full_document", {"default", "updateLookup", "whenAvailable", "required"}, 0)];
  options.full_document_before_change = before[section.choice_or(
      "full_document_before_change", {"off", "whenAvailable", "required"}, 0)];
  options.policies = sources::read_policies(section, std::move(options.policies));
  options.form = section.choice_or("extended_json", {"relaxed", "canonical"}, 0) == 1
                     ? ExtendedJson::canonical
                     : ExtendedJson::relaxed;
  options.identity = section.text_or("identity", "");
  if (!options.uri.empty() && !is_uri(options.uri)) {
    section.complain("uri", "is not a connection string such as " + std::string(sample_uri));
  }
  if (auto read = section.finish(); !read) return failed(read);
  std::vector<SourceOptions> all;
  for (const Watch& watch : watches) {
    all.push_back(copy_of(options));
    all.back().watch = watch;
    all.back().part = part_of(watch, watches);
  }
  return all;
}

}  // namespace mongodb

Result<std::vector<NamedSource>> make_mongodb_sources(config::Section section, const Clock& clock) {
  auto all = mongodb::read_options(std::move(section));
  if (!all) return failed(all);
  std::vector<NamedSource> sources;
  for (mongodb::SourceOptions& options : *all) {
    std::string name = options.watch.deployment() ? "all" : options.watch.words();
    if (all->size() == 1) name.clear();
    sources.push_back(
        {.name = std::move(name), .adapter = make_mongodb_source(std::move(options), clock)});
  }
  return sources;
}

}  // namespace headwater
