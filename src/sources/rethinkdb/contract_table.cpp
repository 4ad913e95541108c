#include "src/sources/rethinkdb/contract_table.h"

#include <cmath>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/rethinkdb/query.h"
#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

constexpr const char* table_name = "item";

Term binary(const std::string& bytes) {
  std::string text;
  append_base64(text, bytes);
  return Term::object({{"$reql_type$", "BINARY"}, {"data", text}});
}

struct AsTerm {
  Term operator()(std::monostate) const { return Term::null(); }
  Term operator()(std::int64_t value) const { return {value}; }
  Term operator()(double value) const {
    std::string json;
    append_json_real(json, value);
    return Term::value(json);
  }
  Term operator()(const Text& text) const { return {text.bytes}; }
  Term operator()(const Blob& blob) const { return binary(blob.bytes); }
  Term operator()(bool value) const { return {value}; }
  template <class Other>
  Term operator()(const Other& /*value*/) const {
    rig::give_up("RethinkDB has no such value");
  }
};

Value value_of(const Json& json) {
  if (const auto whole = json.integer()) return *whole;
  if (const auto real = json.real()) return *real;
  if (const auto boolean = json.boolean()) return *boolean;
  if (const auto text = json.text()) return Text{std::string(*text)};
  if (json.is_object()) return Blob{base64_decoded(json["data"].text().value_or("")).value_or("")};
  return {};
}

/// What reads a table must leave out.
Term is_gone(const Term& document) {
  return document["_hw"]["gone"].then(TermType::default_to, {false});
}

/// RethinkDB has no transactions, so what is rolled back was never written.
class RethinkWriter final : public SourceWriter {
 public:
  RethinkWriter(std::uint16_t port, std::string database)
      : shell_(port), database_(std::move(database)) {}

  void begin() override { open_ = true; }
  void write(const Write& write) override {
    if (open_) {
      waiting_.push_back(write);
    } else {
      apply(write);
    }
  }
  void commit() override {
    for (const Write& write : waiting_) apply(write);
    roll_back();
  }
  void roll_back() override {
    waiting_.clear();
    open_ = false;
  }

 private:
  void apply(const Write& write) {
    const auto answer = shell_.ask(term_for(write));
    if (answer[0].contains("first_error")) rig::give_up(answer.dump());
  }
  [[nodiscard]] Term term_for(const Write& write) const {
    const Term table = rethinkdb::table(database_, table_name);
    if (write.kind == Write::Kind::insert) {
      const Term document =
          Term::object({{"id", write.key}, {"value", std::visit(AsTerm{}, write.value)}});
      const Term kept =
          rethinkdb::branch(is_gone(rethinkdb::var(2)), rethinkdb::var(3), rethinkdb::var(2));
      return table.then(TermType::insert, {document},
                        {{"conflict", rethinkdb::func({1, 2, 3}, kept)}});
    }
    const Term gone = Term::object({{"_hw", Term::object({{"gone", true}})}});
    const Term change = write.kind == Write::Kind::remove
                            ? gone
                            : Term::object({{"value", std::visit(AsTerm{}, write.value)}});
    const Term unless_gone =
        rethinkdb::branch(is_gone(rethinkdb::var(1)), Term::object({}), change);
    return table.then(TermType::get, {write.key})
        .then(TermType::update, {rethinkdb::func({1}, unless_gone)});
  }

  RethinkShell shell_;
  std::string database_;
  bool open_ = false;
  std::vector<Write> waiting_;
};

}  // namespace

RethinkShell::RethinkShell(std::uint16_t port) {
  auto connected = rethinkdb::Connection::open({.server = {.host = "127.0.0.1", .port = port}}, {});
  if (!connected) rig::give_up(connected.error().message);
  connection_ = *std::move(connected);
}

Json RethinkShell::ask(const Term& term) {
  auto results = connection_->ask(rethinkdb::query::start(term), {});
  if (!results) rig::give_up(results.error().error.message);
  Json all = Json::array();
  for (const std::string_view value : results->values)
    all.push_back(Json::parse(value).value_or(Json()));
  return all;
}

std::unique_ptr<SourceWriter> make_rethink_writer(std::uint16_t port, const std::string& database) {
  return std::make_unique<RethinkWriter>(port, database);
}

std::vector<std::pair<std::vector<Value>, Value>> rethink_rows(std::uint16_t port,
                                                               const std::string& database) {
  const Term there = rethinkdb::func({1}, is_gone(rethinkdb::var(1)).then(TermType::logical_not));
  const Json found = RethinkShell(port).ask(
      rethinkdb::table(database, table_name).then(TermType::filter, {there}));
  std::vector<std::pair<std::vector<Value>, Value>> rows;
  for (const Json& document : found.elements()) {
    rows.emplace_back(std::vector<Value>{value_of(document["id"])}, value_of(document["value"]));
  }
  return rows;
}

Value value_at(const Row& document, const char* member) {
  const auto json = Json::parse(std::get<Document>(document).json);
  return json ? value_of((*json)[member]) : Value();
}

}  // namespace headwater::testing
