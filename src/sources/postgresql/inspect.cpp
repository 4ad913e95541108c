#include "src/sources/postgresql/inspect.h"

#include <utility>
#include <vector>

#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed/standing.h"
#include "src/sources/postgresql/publication.h"
#include "src/sources/postgresql/rights.h"
#include "src/sources/postgresql/tables.h"
#include "src/sources/shared/errors.h"

namespace headwater::postgresql {
namespace {

using Kind = Finding::Kind;

/// pgoutput is older, but not what is asked of it here.
constexpr int oldest_version = 140'000;

class Check {
 public:
  Check(Server& server, const Position& position) : server_(server), position_(position) {}

  Report run() {
    auto link = server_.link({});
    if (!link) {
      say(Kind::problem, link.error().message, link.error().next);
      return std::move(report_);
    }
    settings();
    publication();
    slot(*link);
    return std::move(report_);
  }

 private:
  const SourceOptions& options() const { return server_.options(); }
  void say(Kind kind, std::string what, std::string next = {}) {
    report_.push_back({kind, std::move(what), std::move(next)});
  }
  void problem(const Error& error) { report_.push_back(headwater::problem(error)); }

  void settings() {
    auto found = server_.ask(
        "SELECT current_setting('server_version'), current_setting('wal_level'), "
        "current_setting('max_slot_wal_keep_size'), current_setting('fsync')");
    if (!found) return problem(found.error());
    const std::string version = "PostgreSQL " + found->text(0, 0);
    if (server_.facts().version < oldest_version) {
      say(Kind::problem, version + " is older than any that Headwater knows",
          "upgrade it to 14 or newer");
    }
    if (found->view(0, 1) == "logical") {
      say(Kind::ok, version + ", wal_level logical, " + server_.facts().identity);
    } else {
      say(Kind::problem, version + " has wal_level " + found->text(0, 1),
          "ALTER SYSTEM SET wal_level = logical; then restart the server");
    }
    if (found->view(0, 2) == "-1") {
      say(Kind::note,
          "max_slot_wal_keep_size is not set: if no relay runs, the slot keeps the write-ahead log "
          "until the server's disk is full",
          "ALTER SYSTEM SET max_slot_wal_keep_size = '100GB', or watch the slot");
    }
    if (found->view(0, 3) == "off") {
      say(Kind::problem,
          "fsync is off: after a crash of the machine, the server may lack what was published",
          "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()");
    }
  }

  void rights(const std::vector<Table>& tables, bool repairs) {
    auto missing = missing_rights(server_, tables, repairs);
    if (!missing) return problem(missing.error());
    for (MissingRight& each : *missing) {
      say(each.needed ? Kind::problem : Kind::note, std::move(each.what), std::move(each.next));
    }
  }

  void publication() {
    if (auto there = check_publication(server_); !there) problem(there.error());
    auto tables = configured_tables(server_);
    if (!tables) return problem(tables.error());
    auto faults = options().own_publication() ? publication_faults(server_, *tables)
                                              : Result<PublicationFaults>();
    rights(*tables, faults && needs_repair(*faults, *tables));
    compare(faults);
    std::size_t published = 0;
    for (const Table& table : *tables) {
      if (table.published) ++published;
      check(table);
    }
    say(Kind::ok, "publication " + options().publication_name() + ": " + std::to_string(published) +
                      " tables");
  }

  void compare(const Result<PublicationFaults>& faults) {
    if (!faults) return problem(faults.error());
    if (!*faults) return;
    for (const std::string& fault : **faults) {
      say(Kind::problem, fault, "headwater init -c FILE, which sets it right");
    }
  }

  void check(const Table& table) {
    if (!table.published) {
      say(Kind::problem, "table " + table.words + " is not published", "headwater init -c FILE");
    }
    if (!table.no_identity.empty()) {
      say(Kind::problem,
          "UPDATE and DELETE of " + table.words +
              " fail while it is published: " + table.no_identity + " has no replica identity",
          table.identity_statement);
    }
    if (!table.generated.empty()) {
      say(Kind::note,
          "generated columns of " + table.words + " are not in the events: " + table.generated);
    }
  }

  void slot(const ReplicationLink& link) {
    auto found = usable_slot(server_, {});
    if (!found) return problem(found.error());
    std::string what =
        "slot " + options().slot + " keeps changes since " + text_of(found->confirmed);
    if (found->safe_bytes) {
      what += "; it is lost after " + std::to_string(*found->safe_bytes) +
              " more bytes of write-ahead log";
    }
    if (!found->reader.empty()) what += "; process " + found->reader + " reads it";
    const bool near = found->wal_status == "unreserved";
    say(near ? Kind::problem : Kind::ok, what,
        near ? "let the relay catch up, or ALTER SYSTEM SET max_slot_wal_keep_size = '100GB'" : "");
    if (!position_.empty()) standing(*found, link);
  }

  void standing(const Slot& slot, const ReplicationLink& link) {
    auto at = decode(position_);
    if (!at) return problem(at.error());
    const std::string& ours = server_.facts().identity;
    if (at->source != ours) return problem(sources::other_database_error(at->source, ours));
    auto from = resume(server_, at->at, slot, link, {});
    if (!from) return problem(from.error());
    say(Kind::ok, "the changes after the stream's position are there: " +
                      std::to_string((link.flushed - std::min(link.flushed, from->lsn)) / 1024) +
                      " KiB of write-ahead log");
  }

  Server& server_;
  const Position& position_;
  Report report_;
};

}  // namespace

Report inspect(Server& server, const Position& position) { return Check(server, position).run(); }

Result<void> check_publication(Server& server) {
  const SourceOptions& options = server.options();
  auto found =
      server.ask("SELECT FROM pg_publication WHERE pubname = $1", {options.publication_name()});
  if (!found) return failed(found);
  if (found->rows() > 0) return {};
  if (options.own_publication()) {
    return fail(not_prepared("there is no publication " + options.publication_name()));
  }
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.no_publication",
               .message = "there is no publication " + options.publication,
               .next = "CREATE PUBLICATION " + quote_name(options.publication) +
                       " FOR TABLE ...; or configure `tables` instead of `publication`"});
}

}  // namespace headwater::postgresql
