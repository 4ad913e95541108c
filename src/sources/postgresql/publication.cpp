#include "src/sources/postgresql/publication.h"

#include <algorithm>
#include <utility>

#include "src/event/event_type.h"

namespace headwater::postgresql {
namespace {

/// The first that can publish whole schemas, rows that are filtered, and lists of columns.
constexpr int schemas_version = 150'000;

constexpr const char* settings_query =
    "SELECT puballtables, pubviaroot, concat_ws(', ', CASE WHEN NOT pubinsert THEN 'INSERT' END, "
    "CASE WHEN NOT pubupdate THEN 'UPDATE' END, CASE WHEN NOT pubdelete THEN 'DELETE' END, "
    "CASE WHEN NOT pubtruncate THEN 'TRUNCATE' END) FROM pg_publication WHERE pubname = $1";

// PostgreSQL 14 has neither of the two columns.
constexpr const char* published_query =
    "SELECT n.nspname, c.relname, to_jsonb(r) ->> 'prqual' IS NOT NULL, "
    "to_jsonb(r) ->> 'prattrs' IS NOT NULL FROM pg_publication p "
    "JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN pg_class c ON c.oid = r.prrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1 ORDER BY 1, 2";

constexpr const char* schemas_query =
    "SELECT n.nspname FROM pg_publication p JOIN pg_publication_namespace s ON s.pnpubid = p.oid "
    "JOIN pg_namespace n ON n.oid = s.pnnspid WHERE p.pubname = $1 ORDER BY 1";

/// With ONLY: tables that inherit are others, and nobody has looked whether they can be published.
std::string list_of(const std::vector<Table>& tables) {
  std::string list;
  for (const Table& table : tables) list += (list.empty() ? "ONLY " : ", ONLY ") + table.name;
  return list;
}

std::string settings_of(const SourceOptions& options) {
  return std::string(
             "(publish = 'insert, update, delete, truncate', publish_via_partition_root = ") +
         (options.partitions_as_root ? "true)" : "false)");
}

std::string create_statement(const SourceOptions& options, const std::vector<Table>& tables) {
  const std::string list = list_of(tables);
  return "CREATE PUBLICATION " + quote_name(options.publication_name()) +
         (list.empty() ? "" : " FOR TABLE " + list) + " WITH " + settings_of(options);
}

Result<void> run(Server& server, const std::string& statements) {
  auto done = server.ask_all(statements);
  if (!done) return failed(done);
  return {};
}

class Comparison {
 public:
  Comparison(Server& server, const std::vector<Table>& tables) : server_(server), tables_(tables) {}

  Result<PublicationFaults> faults() {
    auto settings = server_.ask(settings_query, {name()});
    if (!settings) return failed(settings);
    if (settings->rows() == 0) return PublicationFaults();
    look_at(*settings);
    auto published = server_.ask(published_query, {name()});
    if (!published) return failed(published);
    for (int row = 0; row < published->rows(); ++row) look_at_table(*published, row);
    if (server_.facts().version < schemas_version) return PublicationFaults(std::move(faults_));
    auto schemas = server_.ask(schemas_query, {name()});
    if (!schemas) return failed(schemas);
    for (int row = 0; row < schemas->rows(); ++row) {
      say("has every table of the schema " + schemas->text(row, 0) + ", also those to come");
    }
    return PublicationFaults(std::move(faults_));
  }

 private:
  [[nodiscard]] const std::string& name() const { return server_.options().publication_name(); }
  void say(const std::string& what) { faults_.push_back("publication " + name() + " " + what); }

  void look_at(const Answer& settings) {
    if (settings.flag(0, 0)) say("has all tables, also those to come");
    if (settings.flag(0, 1) != server_.options().partitions_as_root) {
      say(settings.flag(0, 1) ? "publishes the rows of partitions as the table's that they are of"
                              : "publishes the rows of partitions as the partitions' own");
    }
    if (!settings.view(0, 2).empty()) say("leaves out each " + settings.text(0, 2));
  }

  void look_at_table(const Answer& published, int row) {
    const std::string words = table_words(published.text(row, 0), published.view(row, 1));
    if (std::ranges::find(tables_, words, &Table::words) == tables_.end()) {
      say("has " + words + ", which is not configured");
    }
    if (published.flag(row, 2)) say("leaves out rows of " + words + ": it has a WHERE");
    if (published.flag(row, 3)) say("leaves out columns of " + words + ": it has a list of them");
  }

  Server& server_;
  const std::vector<Table>& tables_;
  std::vector<std::string> faults_;
};

}  // namespace

Result<PublicationFaults> publication_faults(Server& server, const std::vector<Table>& tables) {
  return Comparison(server, tables).faults();
}

bool needs_repair(const PublicationFaults& faults, const std::vector<Table>& tables) {
  return faults && (!faults->empty() || !std::ranges::all_of(tables, &Table::published));
}

Result<void> create_publication(Server& server, const std::vector<Table>& tables) {
  return run(server, create_statement(server.options(), tables));
}

Result<void> repair_publication(Server& server, const std::vector<Table>& tables) {
  const SourceOptions& options = server.options();
  const std::string name = quote_name(options.publication_name());
  auto all = server.ask("SELECT FROM pg_publication WHERE puballtables AND pubname = $1",
                        {options.publication_name()});
  if (!all) return failed(all);
  // Neither can be said with ALTER. In one transaction, the log always finds one of the two.
  if (all->rows() > 0 || tables.empty()) {
    return run(server, "DROP PUBLICATION " + name + "; " + create_statement(options, tables));
  }
  const std::string alter = "ALTER PUBLICATION " + name + " SET ";
  return run(server, alter + "TABLE " + list_of(tables) + "; " + alter + settings_of(options));
}

Result<void> drop_publication(Server& server) {
  return run(server,
             "DROP PUBLICATION IF EXISTS " + quote_name(server.options().publication_name()));
}

}  // namespace headwater::postgresql
