#include "src/sources/rethinkdb/journal_table/adapter.h"

#include <functional>
#include <utility>

#include "src/json/json.h"
#include "src/sources/rethinkdb/journal_table/table_log.h"
#include "src/sources/shared/joined_adapter.h"

namespace headwater {
namespace rethinkdb {
namespace {

/// A journal has every change, so there are no rows to read.
class NoTables final : public sources::TableReader {
 public:
  explicit NoTables(std::string journal) : journal_(std::move(journal)) {}

  Result<void> ready() override {
    return fail(
        {.remedy = Remedy::stop,
         .origin = Origin::usage,
         .name = "source.no_snapshot",
         .message = journal_ + " is a journal, which has no rows to read again",
         .next = "headwater position -c FILE set earliest, which publishes all its entries"});
  }
  Result<std::vector<sources::TableName>> tables(const sources::TableName& /*after*/,
                                                 const std::stop_token& /*stop*/) override {
    return std::vector<sources::TableName>();
  }
  [[nodiscard]] bool reads(const sources::TableName& /*name*/) const override { return false; }
  Result<sources::LogPoint> now(const std::stop_token& /*stop*/) override {
    return sources::LogPoint();
  }
  Result<sources::Piece> read(const sources::TableName& /*name*/, const std::string& /*after*/,
                              sources::LogPoint /*not_before*/, const std::string& /*filter*/,
                              const std::stop_token& /*stop*/) override {
    return sources::Piece{.end = true};
  }
  Result<sources::Ahead> ahead(const sources::TableName& /*name*/,
                               const sources::LogChange& /*change*/, const std::string& /*after*/,
                               const std::stop_token& /*stop*/) override {
    return sources::Ahead::no;
  }

 private:
  std::string journal_;
};

class JournalAdapter final : public sources::JoinedAdapter {
 public:
  JournalAdapter(SourceOptions options, const Clock& clock)
      : JoinedAdapter(clock), options_(std::move(options)) {}

  [[nodiscard]] std::string describe() const override {
    return "rethinkdb journal " + options_.place();
  }
  [[nodiscard]] bool publishes_the_same_as(const SourceAdapter& other) const override {
    const auto* that = dynamic_cast<const JournalAdapter*>(&other);
    return that != nullptr && that->describe() == describe();
  }
  /// The service may have written before `init`, and all that is its history.
  Result<Position> beginning(const std::string& relay) override {
    return position(relay, "earliest");
  }
  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    const auto first = decode_place(a);
    const auto second = decode_place(b);
    const bool known = first && second && first->table == second->table;
    if (!known || first->number == second->number) return SourceAdapter::order(a, b);
    return first->number <=> second->number;
  }
  [[nodiscard]] std::string explain(const Position& position) const override {
    const auto place = decode_place(position);
    if (!place) return position.token;
    return "entry " + std::to_string(place->number) + " of " + options_.words();
  }

 private:
  [[nodiscard]] const sources::Policies& policies() const override { return options_.policies; }

  Result<sources::JoinedParts> parts() override {
    Session session(options_);
    const Term info = table(options_.database, options_.table).then(TermType::info);
    auto answer = session.ask(info.then(TermType::pluck, {"id", "primary_key"}), {});
    if (!answer) return failed(answer);
    const Json found = Json::parse(answer->one()).value_or(Json());
    if (found["primary_key"].text() != "id") {
      return fail({.remedy = Remedy::stop,
                   .origin = Origin::source,
                   .name = "source.bad_journal",
                   .message = "the primary key of " + options_.words() + " is not `id`",
                   .next = "make the journal as docs/rethinkdb.md says"});
    }
    const std::string id(found["id"].text().value_or(""));
    return sources::JoinedParts{.identity = "rethinkdb:" + id,
                                .policies = options_.policies,
                                .log = std::make_unique<TableLog>(options_, id, clock()),
                                .tables = std::make_unique<NoTables>(options_.words())};
  }
  [[nodiscard]] Result<Position> with_place(
      const Position& /*position*/,
      const std::function<Result<void>(sources::Place&)>& /*change*/) const override {
    return fail(NoTables(options_.words()).ready().error());
  }

  SourceOptions options_;
};

}  // namespace
}  // namespace rethinkdb

std::unique_ptr<SourceAdapter> make_rethinkdb_journal(rethinkdb::SourceOptions options,
                                                      const Clock& clock) {
  return std::make_unique<rethinkdb::JournalAdapter>(std::move(options), clock);
}

}  // namespace headwater
