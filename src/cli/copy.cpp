#include "src/cli/copy.h"

#include <utility>

#include "src/adapters/registry.h"

namespace headwater::cli {

Result<ConfiguredCopy> read_copy(config::Section section, const Clock& clock) {
  ConfiguredCopy copy;
  copy.decoder.tables = section.list("tables");
  copy.decoder.naming = section.choice_or("names", {"table", "full"}, 0) == 0
                            ? materialize::Naming::table
                            : materialize::Naming::full;
  copy.decoder.prefix = section.text_or("prefix", "");
  copy.decoder.on_gap = section.choice_or("on_gap", {"stop", "continue"}, 0) == 0
                            ? materialize::OnGap::stop
                            : materialize::OnGap::go_on;
  config::Section into = section.child("into");
  const std::string kind = adapters::chosen(into, adapters::target_names());
  if (kind.empty()) {
    auto complaint = section.finish();
    if (!complaint) return failed(complaint);
  }
  auto target = adapters::make_target(kind, into.child(kind), clock);
  if (!target) return failed(target);
  if (auto read = section.finish(); !read) return failed(read);
  copy.target = *std::move(target);
  copy.decoder.keeps_documents = copy.target->keeps_documents();
  return copy;
}

}  // namespace headwater::cli
