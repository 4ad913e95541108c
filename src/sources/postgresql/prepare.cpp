#include "src/sources/postgresql/prepare.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/postgresql/inspect.h"
#include "src/sources/postgresql/publication.h"
#include "src/sources/postgresql/rights.h"
#include "src/sources/postgresql/tables.h"

namespace headwater::postgresql {
namespace {

using Kind = Finding::Kind;

Error no_identity(const Table& table) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.no_replica_identity",
          .message = "table " + table.words + " cannot be published: " + table.no_identity +
                     " has no replica identity, so UPDATE and DELETE would fail for everybody",
          .next = table.identity_statement};
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

constexpr const char* again = "headwater init -c FILE";
constexpr const char* remove_again = "headwater init --remove -c FILE";

/// `repeat`: the command that wants it.
Result<void> drop_slot(Server& server, const std::string& repeat) {
  const std::string& slot = server.options().slot;
  auto dropped = server.ask("SELECT pg_drop_replication_slot($1)", {slot});
  if (dropped) return {};
  if (dropped.error().name != "source.slot_in_use") return failed(dropped);
  auto reader = server.ask(
      "SELECT 'process ' || s.active_pid || coalesce(' of user ' || a.usename, '') || "
      "coalesce(' (' || nullif(a.application_name, '') || ')', '') || "
      "coalesce(' at ' || host(a.client_addr), '') FROM pg_replication_slots s "
      "LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid "
      "WHERE s.slot_name = $1 AND s.active_pid IS NOT NULL",
      {slot});
  const std::string who =
      reader && reader->rows() > 0 ? reader->text(0, 0) : "a process that has ended meanwhile";
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.slot_in_use",
               .message = "slot " + slot + " cannot be dropped: it is read by " + who,
               .next = "stop the relay, then " + repeat});
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
    if (auto made = slot(); !made) return fail(withdraw(made.error()));
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
    return check_rights(*tables, false);
  }

  Result<void> publication() {
    auto tables = configured_tables(server_);
    if (!tables) return failed(tables);
    for (const Table& table : *tables) {
      if (!table.no_identity.empty()) return fail(no_identity(table));
    }
    auto faults = publication_faults(server_, *tables);
    if (!faults) return failed(faults);
    const bool repairs = needs_repair(*faults, *tables);
    if (auto allowed = check_rights(*tables, repairs); !allowed) return allowed;
    if (!*faults) {
      if (auto done = create_publication(server_, *tables); !done) return done;
      made_publication_ = true;
    } else if (repairs) {
      if (auto done = repair_publication(server_, *tables); !done) return done;
      note_repairs(**faults, *tables);
    }
    report_.push_back({.kind = Kind::ok,
                       .what = "publication " + options_.publication_name() + " of " +
                               std::to_string(tables->size()) + " tables " +
                               (made_publication_ ? "created"
                                : repairs         ? "changed"
                                                  : "is there")});
    return {};
  }

  void note_repairs(const std::vector<std::string>& faults, const std::vector<Table>& tables) {
    for (const std::string& fault : faults) {
      report_.push_back({.kind = Kind::note, .what = "until now, " + fault});
    }
    for (const Table& table : tables) {
      if (!table.published) joined_ += " " + table.words;
    }
  }

  /// A publication without a slot would be in the way of the tables' users, and of nobody's use.
  Error withdraw(Error error) {
    if (!made_publication_) return error;
    if (auto dropped = drop_publication(server_); !dropped) {
      error.message += "; publication " + options_.publication_name() +
                       " was made, and is still there: " + dropped.error().message;
    }
    return error;
  }

  /// The first that is missing; `check` names them all.
  Result<void> check_rights(const std::vector<Table>& tables, bool repairs) {
    auto missing = missing_rights(server_, tables, repairs);
    if (!missing) return failed(missing);
    const auto first = std::ranges::find_if(*missing, &MissingRight::needed);
    if (first == missing->end()) return {};
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.unauthorized",
                 .message = std::move(first->what),
                 .next = std::move(first->next)});
  }

  Result<void> slot() {
    auto found = slot_of(server_, {});
    if (!found) return failed(found);
    const bool lost = *found && (*found)->wal_status == "lost";
    if (*found && !lost) {
      auto usable = usable_slot(server_, {});
      if (!usable) return failed(usable);
      report_.push_back({.kind = Kind::ok, .what = "slot " + options_.slot + " is there"});
      note_joined();
      return {};
    }
    if (lost) {
      if (auto dropped = drop_slot(server_, again); !dropped) return dropped;
    }
    if (auto made = make_slot(); !made) return made;
    report_.push_back(
        {.kind = Kind::ok,
         .what = "slot " + options_.slot + (lost ? " was lost, and is made again" : " created")});
    return {};
  }

  /// Only the stream knows whether a snapshot has been made.
  void note_joined() {
    if (joined_.empty() || !options_.policies.snapshot) return;
    report_.push_back({.kind = Kind::note,
                       .what = "only changes of" + joined_ +
                               " will come, and not the rows that are there, if the relay has run "
                               "before; then ask for them while it runs",
                       .next = "headwater snapshot -c FILE" + joined_});
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
  bool made_publication_ = false;
  std::string joined_;  // " public.a public.b"
};

}  // namespace

Result<Report> prepare(Server& server) { return Preparation(server).run(); }

Result<Report> remove(Server& server) {
  const SourceOptions& options = server.options();
  Report report;
  auto slot = slot_of(server, {});
  if (!slot) return failed(slot);
  if (*slot) {
    if (auto dropped = drop_slot(server, remove_again); !dropped) return failed(dropped);
    report.push_back({.kind = Kind::ok, .what = "slot " + options.slot + " dropped"});
  }
  if (options.own_publication()) {
    if (auto dropped = drop_publication(server); !dropped) return failed(dropped);
    report.push_back(
        {.kind = Kind::ok, .what = "publication " + options.publication_name() + " dropped"});
  }
  if (report.empty()) {
    report.push_back({.kind = Kind::ok, .what = "nothing is left in the database"});
  }
  return report;
}

}  // namespace headwater::postgresql
