#include "src/sources/mongodb/check.h"

#include <cmath>
#include <optional>
#include <utility>

#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/privileges.h"

namespace headwater::mongodb {
namespace {

using Kind = Finding::Kind;

/// Less than this part of the oplog between its end and the position is worth an alarm.
constexpr double little_left = 0.1;
constexpr double seconds_in_an_hour = 3600;

std::string hours(std::uint32_t seconds) {
  const double tenths = std::round(seconds / seconds_in_an_hour * 10);
  const auto whole = static_cast<std::uint64_t>(tenths);
  return std::to_string(whole / 10) + "." + std::to_string(whole % 10) + " h";
}

class Check {
 public:
  Check(const SourceOptions& options, Connection& connection, const Position& position)
      : options_(options), connection_(connection), position_(position) {}

  Report run() {
    auto facts = connection_.facts();
    if (!facts) {
      problem(facts.error());
      return std::move(report_);
    }
    facts_ = *facts;
    if (!server()) return std::move(report_);
    privileges();
    identity();
    collections();
    images();
    history();
    return std::move(report_);
  }

 private:
  void say(Kind kind, std::string what, std::string next = {}) {
    report_.push_back({kind, std::move(what), std::move(next)});
  }
  void problem(const Error& error) { say(Kind::problem, error.message, error.next); }

  /// False: nothing more can be said.
  bool server() {
    auto build = connection_.run("admin", std::move(Doc().add("buildInfo", 1)));
    const std::string version =
        build ? std::string(find_text(build->get(), "version").value_or("?")) : "?";
    if (facts_.router) {
      say(Kind::ok, "MongoDB " + version + ", a sharded cluster's mongos");
    } else if (facts_.replica_set) {
      say(Kind::ok, "MongoDB " + version + ", member of a replica set");
    } else {
      say(Kind::problem, "MongoDB " + version + " stands alone: it has no change streams",
          "start it with --replSet rs0 (replication.replSetName in mongod.conf) and run "
          "rs.initiate() in mongosh; one member is enough");
      return false;
    }
    auto status = connection_.run("admin", std::move(Doc().add("serverStatus", 1)));
    if (status && find(status->get(), "storageEngine.supportsCommittedReads") &&
        !find_flag(status->get(), "storageEngine.supportsCommittedReads")) {
      say(Kind::problem, "the server does not support read concern majority",
          "start it without --enableMajorityReadConcern false");
    }
    return true;
  }

  void privileges() {
    auto granted = Granted::ask(connection_);
    if (!granted) return problem(granted.error());
    if (granted->unrestricted()) {
      return say(Kind::note,
                 "nobody is logged in: the server's access control is off, or the URI "
                 "names no user");
    }
    bool all = true;
    for (const Privilege& privilege : privileges_for(options_)) {
      if (granted->has(privilege)) continue;
      all = all && !privilege.needed;
      say(privilege.needed ? Kind::problem : Kind::note,
          "user " + granted->user() + " lacks the privilege " + privilege.words() + " (" +
              privilege.purpose + ")",
          grant(privilege, granted->user()));
    }
    if (all) say(Kind::ok, "user " + granted->user() + " has the privileges that are needed");
  }

  static std::string grant(const Privilege& privilege, const std::string& user) {
    const std::string resource =
        privilege.cluster
            ? std::string("cluster: true")
            : "db: \"" + privilege.database + "\", collection: \"" + privilege.collection + "\"";
    return "in mongosh: use admin; db.createRole({role: \"headwater-" + privilege.action +
           "\", privileges: [{resource: {" + resource + "}, actions: [\"" + privilege.action +
           "\"]}], roles: []}); db.grantRolesToUser(\"" + user + "\", [\"headwater-" +
           privilege.action + "\"]) (docs/mongodb.md has one role with all of them)";
  }

  void identity() {
    auto name = source_identity(options_, connection_);
    if (!name) return problem(name.error());
    say(Kind::ok, "identity " + *name);
  }

  void collections() {
    const Watch& watch = options_.watch;
    if (!watch.one_collection()) return;
    auto options = options_of(watch);
    if (!options) return;
    if (!find(options->get(), "cursor.firstBatch.0")) {
      return say(Kind::note, "there is no collection " + watch.words() +
                                 " yet; its changes come once it is made");
    }
    const auto locale = find_text(options->get(), "cursor.firstBatch.0.options.collation.locale");
    if (options_.snapshot && locale && *locale != "simple") {
      say(Kind::note, watch.words() +
                          " has a collation of its own, so the snapshot cannot go "
                          "along its _id index: each piece reads the whole collection");
    }
  }

  std::optional<Doc> options_of(const Watch& watch) {
    Doc command;
    command.add("listCollections", 1);
    command.add("filter", std::move(Doc().add("name", watch.collection)));
    auto reply = connection_.run(watch.database, command);
    if (!reply) return std::nullopt;
    return std::move(*reply);
  }

  void images() {
    const bool before = options_.full_document_before_change != FullDocumentBefore::off;
    const bool after = options_.full_document == FullDocument::when_available ||
                       options_.full_document == FullDocument::required;
    if (!before && !after) return;
    const bool required = options_.full_document_before_change == FullDocumentBefore::required ||
                          options_.full_document == FullDocument::required;
    const Kind kind = required ? Kind::problem : Kind::note;
    if (!facts_.images()) {
      return say(kind, "documents before and after a change need MongoDB 6.0",
                 "set `full_document: updateLookup` and `full_document_before_change: off`");
    }
    const Watch& watch = options_.watch;
    if (!watch.one_collection()) return;
    const auto options = options_of(watch);
    const char* const enabled = "cursor.firstBatch.0.options.changeStreamPreAndPostImages.enabled";
    if (options && find_flag(options->get(), enabled)) {
      return say(Kind::ok, watch.words() + " keeps documents before and after each change");
    }
    say(kind, watch.words() + " does not keep documents before and after a change",
        "in mongosh: use " + watch.database + "; db.runCommand({collMod: \"" + watch.collection +
            "\", changeStreamPreAndPostImages: {enabled: true}})");
  }

  void history() {
    auto window = oplog_window(connection_);
    if (!window) return problem(window.error());
    if (!*window) {
      return say(Kind::note,
                 "how far the oplog reaches cannot be seen (a mongos, or no right to "
                 "read local.oplog.rs)");
    }
    const auto [first, last] = **window;
    const std::uint32_t span = last.seconds - first.seconds;
    say(Kind::ok, "the oplog reaches back " + hours(span));
    if (position_.empty()) return;
    auto position = decode(position_);
    if (!position) return problem(position.error());
    auto standing = standing_of(*position, connection_);
    if (!standing) return problem(standing.error());
    if (*standing == Standing::went_back) return problem(went_back(*position));
    if (position->time < first) {
      return problem(history_lost(*position, "the oplog begins at " + words_for(first)));
    }
    const std::uint32_t left = position->time.seconds - first.seconds;
    const double part = span == 0 ? 1 : static_cast<double>(left) / span;
    const std::string where = "the position is " + hours(left) + " from the end of the oplog (" +
                              std::to_string(std::lround(part * 100)) + " % of it is left)";
    if (part >= little_left || span == 0) return say(Kind::ok, where);
    say(Kind::problem, where,
        "let the relay catch up, or make the oplog larger, on each member: db.adminCommand("
        "{replSetResizeOplog: 1, minRetentionHours: 48})");
  }

  const SourceOptions& options_;
  Connection& connection_;
  const Position& position_;
  ServerFacts facts_;
  Report report_;
};

}  // namespace

Report check(const SourceOptions& options, Connection& connection, const Position& position) {
  return Check(options, connection, position).run();
}

}  // namespace headwater::mongodb
