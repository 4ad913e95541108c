#include "src/sources/postgresql/prepare.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/postgresql/inspect.h"
#include "src/sources/postgresql/rights.h"
#include "src/sources/postgresql/tables.h"

namespace headwater::postgresql {
namespace {

using Kind = Finding::Kind;

Error no_identity(const Table& table) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.no_replica_identity",
          .message = "table " + table.words +
                     " cannot be published: it has no primary key, so UPDATE and DELETE would fail "
                     "for everybody",
          .next = "ALTER TABLE " + table.no_identity + " ADD PRIMARY KEY (...); or ALTER TABLE " +
                  table.no_identity + " REPLICA IDENTITY FULL"};
}

std::string list_of(const std::vector<Table>& tables) {
  std::string list;
  for (const Table& table : tables) list += (list.empty() ? "" : ", ") + table.name;
  return list;
}

/// Who keeps a slot from being made.
std::string holders(Server& server) {
  auto found = server.ask(
      "SELECT 'process ' || pid || ' of user ' || coalesce(usename, '?') || ' (' || "
      "coalesce(nullif(application_name, ''), 'no name') || ', ' || coalesce(state, '?') || "
      "', since ' || to_char(xact_start, 'YYYY-MM-DD HH24:MI:SS') || ')' FROM pg_stat_activity "
      "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() UNION ALL "
      "SELECT 'prepared transaction ' || gid || ' of user ' || owner FROM pg_prepared_xacts "
      "LIMIT 5");
  std::string all;
  for (int row = 0; found && row < found->rows(); ++row) {
    all += (all.empty() ? "" : ", ") + found->text(row, 0);
  }
  return all.empty() ? "a transaction that has ended meanwhile" : all;
}

class Preparation {
 public:
  explicit Preparation(Server& server) : server_(server), options_(server.options()) {}

  Result<Report> run() {
    auto link = server_.link({});
    if (!link) return failed(link);
    if (auto decodes = check_settings(); !decodes) return failed(decodes);
    if (options_.own_publication()) {
      if (auto made = publication(); !made) return failed(made);
    } else if (auto ready = somebody_elses(); !ready) {
      return failed(ready);
    }
    if (auto made = slot(); !made) return failed(made);
    return std::move(report_);
  }

 private:
  Result<void> check_settings() {
    auto level = server_.ask("SHOW wal_level");
    if (!level) return failed(level);
    if (level->view(0, 0) == "logical") return {};
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.wal_level",
                 .message = "the server's wal_level is " + level->text(0, 0) +
                            ": it does not log what a logical slot needs",
                 .next = "ALTER SYSTEM SET wal_level = logical; then restart the server"});
  }

  Result<void> somebody_elses() {
    if (auto there = check_publication(server_); !there) return there;
    auto tables = configured_tables(server_);
    if (!tables) return failed(tables);
    return check_rights(*tables);
  }

  Result<void> publication() {
    auto tables = configured_tables(server_);
    if (!tables) return failed(tables);
    for (const Table& table : *tables) {
      if (!table.no_identity.empty()) return fail(no_identity(table));
    }
    if (auto allowed = check_rights(*tables); !allowed) return allowed;
    const std::string& name = options_.publication_name();
    auto there = server_.ask(
        "SELECT pubviaroot, (SELECT count(*) FROM pg_publication_rel WHERE prpubid = p.oid) "
        "FROM pg_publication p WHERE pubname = $1",
        {name});
    if (!there) return failed(there);
    const std::string root = options_.partitions_as_root ? "true" : "false";
    const std::string how = "publish_via_partition_root = " + root;
    const bool exists = there->rows() > 0;
    const bool same = exists && there->flag(0, 0) == options_.partitions_as_root &&
                      there->view(0, 1) == std::to_string(tables->size()) &&
                      std::ranges::all_of(*tables, &Table::published);
    const std::string list = list_of(*tables);
    if (!exists) {
      auto made = server_.ask("CREATE PUBLICATION " + quote_name(name) +
                              (list.empty() ? "" : " FOR TABLE " + list) + " WITH (" + how + ")");
      if (!made) return failed(made);
    } else if (!same) {
      if (auto changed = change_publication(name, list, how); !changed) return changed;
    }
    report_.push_back({.kind = Kind::ok,
                       .what = "publication " + name + " of " + std::to_string(tables->size()) +
                               " tables " +
                               (!exists ? "created"
                                : same  ? "is there"
                                        : "changed")});
    return {};
  }

  /// The first that is missing; `check` names them all.
  Result<void> check_rights(const std::vector<Table>& tables) {
    auto missing = missing_rights(server_, tables);
    if (!missing) return failed(missing);
    const auto first = std::ranges::find_if(*missing, &MissingRight::needed);
    if (first == missing->end()) return {};
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.unauthorized",
                 .message = std::move(first->what),
                 .next = std::move(first->next)});
  }

  Result<void> change_publication(const std::string& name, const std::string& list,
                                  const std::string& how) {
    const std::string alter = "ALTER PUBLICATION " + quote_name(name);
    if (!list.empty()) {
      auto changed = server_.ask(alter + " SET TABLE " + list);
      if (!changed) return failed(changed);
    }
    auto changed = server_.ask(alter + " SET (" + how + ")");
    if (!changed) return failed(changed);
    return {};
  }

  Result<void> slot() {
    auto found = slot_of(server_, {});
    if (!found) return failed(found);
    const bool lost = *found && (*found)->wal_status == "lost";
    if (*found && !lost) {
      auto usable = usable_slot(server_, {});
      if (!usable) return failed(usable);
      report_.push_back({.kind = Kind::ok, .what = "slot " + options_.slot + " is there"});
      return {};
    }
    if (lost) {
      auto dropped = server_.ask("SELECT pg_drop_replication_slot($1)", {options_.slot});
      if (!dropped) return failed(dropped);
    }
    if (auto made = make_slot(); !made) return made;
    report_.push_back(
        {.kind = Kind::ok,
         .what = "slot " + options_.slot + (lost ? " was lost, and is made again" : " created")});
    return {};
  }

  Result<void> make_slot() {
    auto limited = server_.ask("SELECT set_config('statement_timeout', $1, false)",
                               {std::to_string(options_.init_patience.count())});
    if (!limited) return failed(limited);
    auto made =
        server_.ask("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", {options_.slot});
    auto unlimited = server_.ask("SET statement_timeout = 0");
    if (made) {
      if (!unlimited) return failed(unlimited);
      return {};
    }
    if (made.error().name != "source.interrupted") return failed(made);
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.open_transactions",
                 .message = "the slot cannot be made while older transactions are open: " +
                            holders(server_),
                 .next = "end them (SELECT pg_terminate_backend(PID), ROLLBACK PREPARED), or set "
                         "`init_patience`; then headwater init -c FILE"});
  }

  Server& server_;
  const SourceOptions& options_;
  Report report_;
};

}  // namespace

Result<Report> prepare(Server& server) { return Preparation(server).run(); }

Result<Report> remove(Server& server) {
  const SourceOptions& options = server.options();
  Report report;
  auto slot = slot_of(server, {});
  if (!slot) return failed(slot);
  if (*slot) {
    auto dropped = server.ask("SELECT pg_drop_replication_slot($1)", {options.slot});
    if (!dropped) return failed(dropped);
    report.push_back({.kind = Kind::ok, .what = "slot " + options.slot + " dropped"});
  }
  if (options.own_publication()) {
    auto dropped =
        server.ask("DROP PUBLICATION IF EXISTS " + quote_name(options.publication_name()));
    if (!dropped) return failed(dropped);
    report.push_back(
        {.kind = Kind::ok, .what = "publication " + options.publication_name() + " dropped"});
  }
  if (report.empty()) {
    report.push_back({.kind = Kind::ok, .what = "nothing is left in the database"});
  }
  return report;
}

}  // namespace headwater::postgresql
