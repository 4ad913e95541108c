#include "src/sources/mongodb/standby_collection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/sources/mongodb/privileges.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {
namespace {

using sources::SyncRecord;

/// For a whole deployment.
constexpr const char* own_database = "headwater";
/// A claim that a majority cannot have at once is renewed the next time.
constexpr std::int32_t patience_ms = 1'000;

std::string name_in(const std::string& database) {
  return database + "." + std::string(standby_collection);
}

std::vector<Doc> one(Doc document) {
  std::vector<Doc> documents;
  documents.push_back(std::move(document));
  return documents;
}

Doc record_filter(const std::string& relay, const SyncRecord& record) {
  Doc filter;
  filter.add("_id", relay).add("holder", record.holder).add("beat", record.beat);
  return filter;
}

/// A document that is there and cannot be read(). A `$type` alone also looks into arrays.
Doc nonsense_filter(const std::string& relay) {
  const Doc no_array = std::move(Doc().add("$type", "array"));
  const auto is = [&](std::string_view type) {
    return std::move(Doc().add("$type", type).add("$not", no_array));
  };
  std::vector<Doc> readable;
  for (const char* number : {"int", "long"}) {
    readable.push_back(std::move(Doc().add("holder", is("string")).add("beat", is(number))));
  }
  Doc filter;
  filter.add("_id", relay).add("$nor", readable);
  return filter;
}

/// The collection through a connection of its own, to the primary: of another's claim, a secondary
/// may have an old beat. So may a primary that has been replaced and does not know it yet, but a
/// majority does not confirm what it writes.
class Collection {
 public:
  Collection(std::unique_ptr<Pool> pool, std::string database)
      : pool_(std::move(pool)),
        connection_(*pool_, Connection::To::primary),
        database_(std::move(database)) {}

  Result<bool> is_there() {
    Doc command;
    command.add("listCollections", 1).add("filter", Doc().add("name", standby_collection));
    // So it needs no privilege.
    command.add("nameOnly", true).add("authorizedCollections", true);
    auto reply = connection_.send(database_, command);
    if (!reply) return fail(error_for(reply.error()));
    return find(reply->get(), "cursor.firstBatch.0").has_value();
  }

  /// The server's reply, whose first batch has one document that `filter` selects, if there is one.
  Result<Doc> find_one(const Doc& filter) {
    Doc command;
    command.add("find", standby_collection).add("filter", filter).add("limit", 1);
    command.add("singleBatch", true).add("readConcern", Doc().add("level", "local"));
    auto reply = connection_.send(database_, command);
    if (!reply) return fail(error_for(reply.error()));
    return std::move(*reply);
  }

  /// How many documents the command was about, once a majority has it. A write error is a failure.
  Answer<std::int64_t> write(Doc command) {
    command.add("writeConcern", Doc().add("w", "majority").add("wtimeout", patience_ms));
    auto reply = connection_.send(database_, command);
    if (!reply) return tl::unexpected(std::move(reply.error()));
    for (const char* field : {"writeErrors.0", "writeConcernError"}) {
      const auto error = find_document(reply->get(), field);
      if (!error) continue;
      const auto code = static_cast<std::int32_t>(find_number(error->get(), "code").value_or(0));
      return tl::unexpected(
          Failure{.code = static_cast<Code>(code),
                  .message = std::string(find_text(error->get(), "errmsg").value_or(field))});
    }
    return find_number(reply->get(), "n").value_or(0);
  }

  /// Removes the first document that `filter` selects, if there is one.
  Result<void> remove(const Doc& filter) {
    Doc removal;
    removal.add("q", filter).add("limit", 1);
    Doc command;
    command.add("delete", standby_collection).add("deletes", one(std::move(removal)));
    auto removed = write(std::move(command));
    return removed ? Result<void>() : fail(error_for(removed.error()));
  }

  /// For a command that fails with `done` if there is nothing to do.
  Result<void> make_sure(Doc command, Code done) {
    auto written = write(std::move(command));
    if (written || written.error().is(done)) return {};
    return fail(error_for(written.error()));
  }

  /// Fails if the server says that the user may not claim.
  Result<void> check_rights() {
    auto granted = Granted::ask(connection_);
    if (!granted) return failed(granted);
    if (granted->no_user() || granted->unknown()) return {};
    const auto missing = missing_of(*granted);
    if (!std::ranges::any_of(missing, &Privilege::needed)) return {};
    return fail(refused(*granted, missing));
  }

  [[nodiscard]] Error error_for(const Failure& failure) {
    Error error = to_error(failure, "the claim to lead in " + name_in(database_));
    if (!failure.about_rights()) return error;
    if (failure.is(Code::unauthorized)) {
      auto granted = Granted::ask(connection_);
      if (granted && !granted->no_user()) return refused(*granted, missing_of(*granted));
    }
    error.remedy = Remedy::retry;
    error.name = "hint.refused";
    error.next = "correct the user, the password or authSource in `uri`";
    return error;
  }

 private:
  /// Of a server that does not say what a user may: all.
  [[nodiscard]] std::vector<Privilege> missing_of(const Granted& granted) const {
    std::vector<Privilege> missing;
    for (Privilege& privilege : claim_privileges(database_)) {
      if (!granted.has(privilege)) missing.push_back(std::move(privilege));
    }
    return missing;
  }

  [[nodiscard]] Error refused(const Granted& granted, const std::vector<Privilege>& missing) const {
    std::string actions;
    for (const Privilege& each : missing) actions += (actions.empty() ? "" : ", ") + each.action;
    return {.remedy = Remedy::retry,
            .origin = Origin::source,
            .name = "hint.refused",
            .message = "user " + granted.user() + " lacks a privilege on " + name_in(database_) +
                       ", to claim to lead: " + actions,
            .next = granted.commands_for(missing)};
  }

  std::unique_ptr<Pool> pool_;
  Connection connection_;
  std::string database_;
};

class StandbyDocument final : public sources::SyncStore {
 public:
  StandbyDocument(std::unique_ptr<Collection> collection, std::string relay)
      : collection_(std::move(collection)), relay_(std::move(relay)) {}

  Result<std::optional<SyncRecord>> read() override {
    auto reply = collection_->find_one(Doc().add("_id", relay_));
    if (!reply) return failed(reply);
    const auto holder = find_text(reply->get(), "cursor.firstBatch.0.holder");
    const auto beat = find(reply->get(), "cursor.firstBatch.0.beat");
    if (!holder || !beat || !BSON_ITER_HOLDS_INT(&*beat)) return std::optional<SyncRecord>();
    return std::optional(
        SyncRecord{.holder = std::string(*holder), .beat = bson_iter_as_int64(&*beat)});
  }

  /// The filter finds the document only if nobody was faster. If the insert of one that is missing
  /// meets another, somebody was.
  Result<bool> replace(const std::optional<SyncRecord>& seen, const SyncRecord& next) override {
    Doc update;
    update.add("q", seen ? record_filter(relay_, *seen) : nonsense_filter(relay_));
    update.add("u", record_filter(relay_, next)).add("upsert", !seen);
    Doc command;
    command.add("update", standby_collection).add("updates", one(std::move(update)));
    auto replaced = collection_->write(std::move(command));
    if (replaced) return *replaced > 0;
    if (replaced.error().is(Code::duplicate_key)) return false;
    return fail(collection_->error_for(replaced.error()));
  }

  Result<void> remove(const SyncRecord& seen) override {
    return collection_->remove(record_filter(relay_, seen));
  }

 private:
  std::unique_ptr<Collection> collection_;
  std::string relay_;
};

class StandbyCollection final : public sources::SyncPlace {
 public:
  StandbyCollection(std::string uri, std::string database)
      : uri_(std::move(uri)), database_(std::move(database)) {}

  [[nodiscard]] std::string describe() const override { return "collection " + name_in(database_); }

  Result<void> prepare() override {
    auto collection = connect();
    if (!collection) return failed(collection);
    auto there = (*collection)->is_there();
    if (!there) return failed(there);
    if (auto may = (*collection)->check_rights(); !may || *there) return may;
    Doc create;
    create.add("create", standby_collection);
    return (*collection)->make_sure(std::move(create), Code::namespace_exists);
  }

  /// A claim that comes between the look and the drop is lost with the collection. Its relay makes it
  /// again.
  Result<void> remove(const std::string& relay) override {
    auto collection = connect();
    if (!collection) return failed(collection);
    auto there = (*collection)->is_there();
    if (!there || !*there) return there ? Result<void>() : failed(there);
    auto removed = (*collection)->remove(Doc().add("_id", relay));
    if (!removed) return removed;
    auto left = (*collection)->find_one({});
    if (!left) return failed(left);
    if (find(left->get(), "cursor.firstBatch.0")) return {};
    Doc drop;
    drop.add("drop", standby_collection);
    return (*collection)->make_sure(std::move(drop), Code::namespace_not_found);
  }

  Result<std::unique_ptr<sources::SyncStore>> open(const std::string& relay) override {
    auto collection = connect();
    if (!collection) return failed(collection);
    auto there = (*collection)->is_there();
    if (!there) return failed(there);
    if (auto may = (*collection)->check_rights(); !may) return failed(may);
    if (*there) return std::make_unique<StandbyDocument>(*std::move(collection), relay);
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "hint.not_prepared",
                 .message = "there is no " + describe(),
                 .next = "headwater init -c FILE"});
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<Collection>> connect() const {
    auto pool = Pool::make(uri_, Pool::Use::hasty);
    if (!pool) return failed(pool);
    return std::make_unique<Collection>(*std::move(pool), database_);
  }

  std::string uri_;
  std::string database_;
};

}  // namespace

std::unique_ptr<sources::SyncPlace> make_standby_collection(std::string uri, const Watch& watch) {
  return std::make_unique<StandbyCollection>(std::move(uri),
                                             watch.deployment() ? own_database : watch.database);
}

}  // namespace headwater::mongodb
