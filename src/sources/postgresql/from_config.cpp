#include "src/sources/postgresql/from_config.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "src/sources/postgresql/adapter.h"
#include "src/sources/postgresql/server/connection.h"
#include "src/sources/shared/from_config.h"

namespace headwater {

namespace postgresql {
namespace {

constexpr std::size_t longest_slot_name = 63;

bool is_slot_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_slot_name &&
         std::ranges::all_of(name, [](unsigned char letter) {
           return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '_';
         });
}

}  // namespace

Result<SourceOptions> read_options(config::Section section) {
  SourceOptions options;
  options.uri = section.address("uri");
  for (const std::string& file : files_of(options.uri)) section.names_file("uri", file);
  options.publication = section.text_or("publication", "");
  if (options.publication.empty()) options.tables = section.list_or_all("tables");
  options.slot = section.text("slot");
  options.messages = section.flag_or("messages", options.messages);
  options.partitions_as_root = section.flag_or("partitions_as_root", options.partitions_as_root);
  options.reader_timeout = section.duration("reader_timeout").value_or(options.reader_timeout);
  options.decoding_memory = section.size("decoding_memory").value_or(options.decoding_memory);
  options.init_patience = section.duration("init_patience").value_or(options.init_patience);
  options.policies = sources::read_policies(section, std::move(options.policies));
  if (!options.uri.empty() && !is_uri(options.uri)) {
    section.complain("uri", "is not a connection string such as postgresql://USER@HOST/DATABASE");
  }
  if (!options.slot.empty() && !is_slot_name(options.slot)) {
    section.complain("slot", "may only have lower-case letters, digits and _, at most 63 of them");
  }
  if (options.tables && options.tables->empty()) section.complain("tables", "names no table");
  if (options.reader_timeout < Milliseconds(1'000)) {
    section.complain("reader_timeout", "must be at least 1s");
  }
  if (auto read = section.finish(); !read) return failed(read);
  return options;
}

}  // namespace postgresql

Result<std::vector<NamedSource>> make_postgresql_sources(config::Section section,
                                                         const Clock& clock) {
  auto options = postgresql::read_options(std::move(section));
  if (!options) return failed(options);
  std::vector<NamedSource> one;
  one.push_back({.name = {}, .adapter = make_postgresql_source(*std::move(options), clock)});
  return one;
}

}  // namespace headwater
