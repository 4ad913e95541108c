#include "src/sources/mongodb/inspect.h"

#include <algorithm>
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

/// 4.4's.
constexpr std::int32_t oldest_wire_version = 9;

constexpr const char* images_on = "changeStreamPreAndPostImages: {enabled: true}";

std::string hours(std::uint32_t seconds) {
  const double tenths = std::round(seconds / seconds_in_an_hour * 10);
  const auto whole = static_cast<std::uint64_t>(tenths);
  return std::to_string(whole / 10) + "." + std::to_string(whole % 10) + " h";
}

std::string way_to_server(const Error& error) {
  return error.name == "source.unauthorized"
             ? "correct the user, the password or authSource in `uri`"
             : "start the server, or correct the hosts, replicaSet or TLS in `uri`";
}

class Check {
 public:
  Check(const SourceOptions& options, Connection& connection, const Position& position)
      : options_(options), connection_(connection), position_(position) {}

  Report run() {
    auto facts = connection_.facts();
    if (!facts) {
      say(Kind::problem, facts.error().message, way_to_server(facts.error()));
      return std::move(report_);
    }
    facts_ = *facts;
    if (!server()) return std::move(report_);
    privileges();
    identity();
    collection();
    images();
    history();
    return std::move(report_);
  }

 private:
  void say(Kind kind, std::string what, std::string next = {}) {
    report_.push_back({kind, std::move(what), std::move(next)});
  }
  void problem(const Error& error) { report_.push_back(headwater::problem(error)); }

  /// False: nothing more can be checked.
  bool server() {
    auto build = connection_.run("admin", Doc().add("buildInfo", 1));
    const std::string version =
        build ? std::string(find_text(build->get(), "version").value_or("?")) : "?";
    if (facts_.router) {
      say(Kind::ok, "MongoDB " + version + ", a sharded cluster's mongos");
      if (options_.policies.snapshot || options_.policies.on_lost == OnLost::snapshot) {
        say(Kind::problem, "no snapshot can be taken through a mongos",
            "set `snapshot: never`, and `on_lost_position` to stop or skip");
      }
    } else if (facts_.replica_set) {
      say(Kind::ok, "MongoDB " + version + ", member of a replica set");
    } else {
      say(Kind::problem, "MongoDB " + version + " stands alone: it has no change streams",
          "start it with --replSet rs0 (replication.replSetName in mongod.conf) and run "
          "rs.initiate() in mongosh; one member is enough");
      return false;
    }
    if (facts_.wire_version < oldest_wire_version) {
      say(Kind::problem, "MongoDB " + version + " is older than any that Headwater knows",
          "upgrade it to 4.4 or newer");
    }
    auto status = connection_.run("admin", Doc().add("serverStatus", 1));
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
    if (granted->no_user()) {
      return say(Kind::note,
                 "no user is logged in: the server's access control is off, or the URI "
                 "names no user");
    }
    const std::string user = "user " + granted->user();
    if (granted->unknown()) return say(Kind::note, "the server does not say what " + user + " may");
    std::vector<Privilege> missing;
    bool enough = true;
    for (Privilege& privilege : privileges_for(options_, facts_)) {
      if (granted->has(privilege)) continue;
      enough = enough && !privilege.needed;
      say(privilege.needed ? Kind::problem : Kind::note,
          user + " lacks the privilege " + privilege.words() + " (" + privilege.purpose + ")");
      missing.push_back(std::move(privilege));
    }
    // One command for all of them, after the last.
    if (!missing.empty()) report_.back().next = granted->commands_for(missing);
    if (enough) say(Kind::ok, user + " has the privileges that are needed");
  }

  void identity() {
    auto name = source_identity(options_, connection_);
    if (!name) return problem(name.error());
    identity_ = *name;
    say(Kind::ok, "identity " + identity_);
  }

  void collection() {
    const Watch& watch = options_.watch;
    if (!watch.one_collection()) return;
    auto found = collections(Doc().add("name", watch.collection));
    if (!found) return;
    there_ = find(found->get(), "cursor.firstBatch.0").has_value();
    if (!there_) {
      return say(Kind::note, "there is no collection " + watch.words() +
                                 " yet; its changes come once it is made");
    }
    const auto locale = find_text(found->get(), "cursor.firstBatch.0.options.collation.locale");
    if (options_.policies.snapshot && locale && *locale != "simple") {
      say(Kind::note, watch.words() +
                          " has a collation of its own, so the snapshot cannot go "
                          "along its _id index: each piece reads the whole collection");
    }
  }

  /// Those of the watched database; nullopt if the user may not see them, which is reported elsewhere.
  std::optional<Doc> collections(const Doc& filter) {
    Doc command;
    command.add("listCollections", 1).add("filter", filter);
    auto reply = connection_.run(options_.watch.database, command);
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
    if (options_.watch.deployment()) {
      return say(Kind::note,
                 "whether every collection keeps documents before and after a change has "
                 "not been looked at");
    }
    collections_without_images(kind);
  }

  void collections_without_images(Kind kind) {
    const Watch& watch = options_.watch;
    Doc filter;
    filter.add("type", "collection");
    if (watch.one_collection()) filter.add("name", watch.collection);
    filter.add("options.changeStreamPreAndPostImages.enabled", Doc().add("$ne", true));
    auto found = collections(filter);
    if (!found) {
      return say(Kind::note, "whether " + watch.words() +
                                 " keeps documents before and after a change cannot be seen");
    }
    if (watch.one_collection() && !there_) {
      return say(kind, watch.words() + " has to keep documents before and after a change",
                 "in mongosh: " + shell_database() + ".createCollection(" +
                     shell_text(watch.collection) + ", {" + images_on + "})");
    }
    bool all = true;
    const auto batch = find_document(found->get(), "cursor.firstBatch");
    for (int i = 0; batch; ++i) {
      const auto name = find_text(batch->get(), (std::to_string(i) + ".name").c_str());
      if (!name) break;
      if (is_internal(*name)) continue;
      all = false;
      say(kind,
          watch.database + "." + std::string(*name) +
              " does not keep documents before and after a change",
          "in mongosh: " + shell_database() + ".runCommand({collMod: " + shell_text(*name) + ", " +
              images_on + "})");
    }
    if (all) say(Kind::ok, watch.words() + " keeps documents before and after each change");
  }

  [[nodiscard]] std::string shell_database() const {
    return "db.getSiblingDB(" + shell_text(options_.watch.database) + ")";
  }

  void history() {
    auto window = oplog_window(connection_);
    if (!window) return problem(window.error());
    if (!*window) {
      return say(Kind::note,
                 "how far the oplog reaches cannot be seen (a mongos, or no right to "
                 "read local.oplog.rs)");
    }
    say(Kind::ok,
        "the oplog reaches back " + hours((*window)->last.seconds - (*window)->first.seconds));
    if (!position_.empty()) position(**window);
  }

  void position(const OplogWindow& window) {
    auto position = decode(position_);
    if (!position) return problem(position.error());
    if (!identity_.empty()) {
      auto ours = is_ours(*position, identity_, fingerprint(options_.watch, options_.pipeline));
      if (!ours) return problem(ours.error());
    }
    auto standing = standing_of(*position, connection_);
    if (!standing) return problem(standing.error());
    if (*standing == Standing::went_back) return problem(went_back(*position));
    report_.push_back(room_left(*position, window));
  }

  const SourceOptions& options_;
  Connection& connection_;
  const Position& position_;
  ServerFacts facts_;
  std::string identity_;  // empty if it cannot be known
  bool there_ = false;    // the collection
  Report report_;
};

}  // namespace

Finding room_left(const MongoPosition& position, const OplogWindow& window) {
  if (position.time < window.first) {
    return problem(history_lost(position, "the oplog begins at " + words_for(window.first)));
  }
  const std::uint32_t span = window.last.seconds - window.first.seconds;
  const std::uint32_t left = std::min(position.time.seconds - window.first.seconds, span);
  const double part = span == 0 ? 1 : static_cast<double>(left) / span;
  const std::string where = "the position is " + hours(left) + " from the end of the oplog (" +
                            std::to_string(std::lround(part * 100)) + " % of it is left)";
  if (part >= little_left) return {Kind::ok, where};
  return {Kind::problem, where,
          "let the relay catch up; or make the oplog larger, on each member, in mongosh: "
          "db.adminCommand({replSetResizeOplog: 1, minRetentionHours: 48})"};
}

Report inspect(const SourceOptions& options, Connection& connection, const Position& position) {
  return Check(options, connection, position).run();
}

}  // namespace headwater::mongodb
