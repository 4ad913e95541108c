#include "src/sources/postgresql/rights.h"

#include <utility>

namespace headwater::postgresql {
namespace {

constexpr const char* user_query =
    "SELECT current_user, rolsuper, rolreplication, "
    "has_database_privilege(current_database(), 'CREATE'), "
    "EXISTS (SELECT FROM pg_publication WHERE pubname = $1), "
    "current_setting('synchronous_standby_names') = '' "
    "OR pg_has_role('pg_read_all_stats', 'USAGE'), "
    "NOT EXISTS (SELECT FROM pg_publication WHERE pubname = $1 "
    "AND NOT pg_has_role(pubowner, 'USAGE')) FROM pg_roles WHERE rolname = current_user";

class Rights {
 public:
  Rights(Server& server, bool repairs)
      : server_(server), options_(server.options()), repairs_(repairs) {}

  Result<std::vector<MissingRight>> missing(const std::vector<Table>& tables) {
    auto found = server_.ask(user_query, {options_.publication_name()});
    if (!found) return failed(found);
    if (found->rows() == 0 || found->flag(0, 1)) return std::move(missing_);
    user_ = found->text(0, 0);
    const std::string user = quote_name(user_);
    if (!found->flag(0, 2)) miss("may not replicate", "ALTER ROLE " + user + " REPLICATION");
    if (options_.own_publication() && !found->flag(0, 3) && !found->flag(0, 4)) {
      miss("may not create a publication", "GRANT CREATE ON DATABASE " +
                                               quote_name(server_.facts().database) + " TO " +
                                               user + "; or configure `publication`");
    }
    if (repairs_ && !found->flag(0, 6)) {
      miss("does not own publication " + options_.publication_name(),
           "ALTER PUBLICATION " + quote_name(options_.publication_name()) + " OWNER TO " + user);
    }
    for (const Table& table : tables) look_at(table);
    if (!found->flag(0, 5)) {
      miss(
          "does not see which commits wait for a synchronous standby, so that a snapshot waits "
          "for transactions that are merely open",
          "GRANT pg_read_all_stats TO " + user);
      missing_.back().needed = false;
    }
    return std::move(missing_);
  }

 private:
  void miss(const std::string& what, std::string next) {
    missing_.push_back({.what = "user " + user_ + " " + what, .next = std::move(next)});
  }

  void look_at(const Table& table) {
    // To set the tables of a publication takes the ownership of each.
    if ((repairs_ || (options_.own_publication() && !table.published)) && !table.owned) {
      miss("does not own " + table.words + ", and so may not publish it",
           "ALTER TABLE " + table.name + " OWNER TO " + quote_name(user_) +
               "; or let its owner make the publication, and configure `publication`");
    }
    const auto& policies = options_.policies;
    if (!policies.snapshot && policies.on_lost != sources::OnLost::snapshot) return;
    if (!table.in_open_schema) {
      miss("may not use the schema of " + table.words + ", which a snapshot reads",
           "GRANT USAGE ON SCHEMA " + table.schema + " TO " + quote_name(user_));
    }
    if (!table.unreadable.empty()) {
      miss("may not read " + table.unreadable +
               " for a snapshot, which locks the table, so that single columns are not enough",
           "GRANT SELECT ON " + table.unreadable + " TO " + quote_name(user_));
    }
    if (table.veiled) {
      miss("may not read all rows of " + table.words + ": it has row level security",
           "ALTER ROLE " + quote_name(user_) + " BYPASSRLS");
    }
  }

  Server& server_;
  const SourceOptions& options_;
  bool repairs_;
  std::string user_;
  std::vector<MissingRight> missing_;
};

}  // namespace

Result<std::vector<MissingRight>> missing_rights(Server& server, const std::vector<Table>& tables,
                                                 bool repairs) {
  return Rights(server, repairs).missing(tables);
}

}  // namespace headwater::postgresql
