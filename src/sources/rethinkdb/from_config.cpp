#include "src/sources/rethinkdb/from_config.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "src/base/address.h"
#include "src/config/tls.h"
#include "src/ports/adapter.h"
#include "src/sources/rethinkdb/adapter.h"
#include "src/sources/rethinkdb/journal/names.h"
#include "src/sources/rethinkdb/journal_table/adapter.h"
#include "src/sources/shared/from_config.h"

namespace headwater {

namespace rethinkdb {
namespace {

constexpr std::uint16_t usual_port = 28'015;

network::Place read_server(config::Section& section) {
  const std::string text = section.address("host");
  const auto address = split_address(text);
  if (!address || !address->login.empty() || !address->path.empty()) {
    section.complain("host", "is not a server such as 127.0.0.1:28015");
    return {};
  }
  return {.host = std::string(address->host), .port = address->port.value_or(usual_port)};
}

std::optional<network::TlsFiles> read_tls(config::Section& section) {
  const bool has_tls = section.has("tls");
  auto files = config::read_tls<network::TlsFiles>(section);
  return has_tls ? std::optional(std::move(files)) : std::nullopt;
}

/// "shop.orders". A name has letters, digits, _ and - only.
bool split_table(const std::string& words, SourceOptions& options) {
  const auto is_allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(words, is_allowed)) return false;
  const auto dot = words.find('.');
  if (dot == std::string::npos || dot == 0 || words.find('.', dot + 1) != std::string::npos)
    return false;
  options.database = words.substr(0, dot);
  options.table = words.substr(dot + 1);
  return !options.table.empty() && options.table != register_name &&
         options.database != "rethinkdb";
}

void read_deletes(config::Section& section, SourceOptions& options) {
  const bool scans = section.choice_or("deletes", {"marked", "scan"}, 0) == 1;
  options.deletes = scans ? Deletes::scan : Deletes::marked;
  options.scan_interval = section.duration("scan_interval").value_or(options.scan_interval);
  if (section.has("scan_interval") && !scans) {
    section.complain("scan_interval", "is only for `deletes: scan`");
  }
  if (options.scan_interval < Milliseconds(1'000)) {
    section.complain("scan_interval", "must be at least 1s");
  }
  options.keep_deleted = section.duration("keep_deleted").value_or(options.keep_deleted);
  if (options.keep_deleted < std::chrono::hours(1)) {
    section.complain("keep_deleted",
                     "must be at least 1h: the server's clock must not be set back by more");
  }
}

/// One for each table.
std::vector<SourceOptions> read_tables(config::Section& section, const SourceOptions& options) {
  std::vector<SourceOptions> all;
  for (const std::string& words : section.one_or_list("tables")) {
    SourceOptions one = options;
    const bool is_table = split_table(words, one);
    if (!is_table) section.complain("tables", "names no table: give DATABASE.TABLE");
    const bool twice = std::ranges::any_of(
        all, [&](const SourceOptions& other) { return other.words() == words; });
    if (twice) section.complain("tables", "names '" + words + "' twice");
    if (is_table) all.push_back(std::move(one));
  }
  if (all.empty()) section.complain("tables", "names no table");
  return all;
}

SourceOptions read_journal(config::Section& section, const std::string& journal,
                           SourceOptions options) {
  options.is_journal = true;
  if (!split_table(journal, options)) {
    section.complain("journal", "names no table: give DATABASE.TABLE");
  }
  for (const char* key : {"tables", "deletes", "scan_interval", "keep_deleted"}) {
    if (section.has(key)) section.complain(key, "has no place beside `journal`");
  }
  if (options.policies.snapshot) {
    section.complain("snapshot", "is not for a `journal`, which has every change");
  }
  return options;
}

}  // namespace

Result<std::vector<SourceOptions>> read_options(config::Section section) {
  SourceOptions options;
  options.server = read_server(section);
  options.login.user = section.text_or("user", options.login.user);
  options.login.password = section.text_or("password", "");
  options.tls = read_tls(section);
  options.timeout = section.duration("server_timeout").value_or(options.timeout);
  if (options.timeout < Milliseconds(100))
    section.complain("server_timeout", "must be at least 100ms");
  options.policies = sources::read_policies(section, std::move(options.policies));
  std::vector<SourceOptions> all;
  const std::string journal = section.text_or("journal", "");
  if (!journal.empty()) {
    all.push_back(read_journal(section, journal, std::move(options)));
  } else {
    read_deletes(section, options);
    all = read_tables(section, options);
  }
  if (auto read = section.finish(); !read) return failed(read);
  return all;
}

}  // namespace rethinkdb

Result<std::vector<NamedSource>> make_rethinkdb_sources(config::Section section,
                                                        const Clock& clock) {
  auto all = rethinkdb::read_options(std::move(section));
  if (!all) return failed(all);
  std::vector<NamedSource> sources;
  for (rethinkdb::SourceOptions& options : *all) {
    std::string name = all->size() == 1 ? std::string() : options.words();
    const auto make = options.is_journal ? &make_rethinkdb_journal : &make_rethinkdb_source;
    sources.push_back({.name = std::move(name), .adapter = make(std::move(options), clock)});
  }
  return sources;
}

}  // namespace headwater
