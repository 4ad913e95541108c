#include "testing/rethinkdb/rethink_writer.h"

#include <utility>

#include "src/rethinkdb/query.h"

namespace headwater::rig {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

/// How the hook refuses a delete without a mark.
constexpr std::string_view refused = "Headwater would not see this delete";

}  // namespace

bool RethinkWriter::reconnect() {
  connection_.reset();
  auto opened = rethinkdb::Connection::open(options_, {});
  if (opened) connection_ = *std::move(opened);
  return connection_ != nullptr;
}

Result<void> RethinkWriter::transaction(Tally& tally) {
  if (!connection_ && !reconnect()) return fail({.name = "no connection"});
  auto results = connection_->ask(rethinkdb::query::start(any_write()), {});
  if (!results) {
    // It may have been written, so it is not to be repeated.
    Error error = std::move(results.error().error);
    error.remedy = Remedy::stop;
    return fail(std::move(error));
  }
  const auto written = Json::parse(results->one());
  if (!written) return fail({.name = "bad answer"});
  const auto error = (*written)["first_error"].text();
  if (error && error->find(refused) == std::string_view::npos) {
    return fail({.name = "refused", .message = std::string(*error)});
  }
  const auto changes = changes_in(*written);
  for (const OrderChange& each : changes) ++tally["orders." + each.operation];
  told_(changes);
  return {};
}

Term RethinkWriter::any_write() {
  constexpr std::uint64_t most_at_once = 8;
  switch (any(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return insert_orders({any_document()});
    case 4:
    case 5: {
      std::vector<Term> some;
      for (auto left = 1 + any(most_at_once); left > 0; --left) some.push_back(any_document());
      return insert_orders(some);
    }
    case 6:
    case 7:
      return upsert_order(any_document(), any(1'000));
    case 8: {
      const Term key = any_key();
      return replace_order(
          key, Term::object({{"id", key}, {"total", any(1'000)}, {"state", "replaced"}}));
    }
    case 9:
    case 10:
    case 11:
      return delete_orders(any_documents());
    case 12:
      if (any(8) == 0) return orders().then(TermType::get, {any_key()}).then(TermType::remove);
      [[fallthrough]];
    default:
      return update_orders(any_documents(),
                           Term::object({{"total", any(1'000)}, {"state", "paid"}}));
  }
}

Term RethinkWriter::any_key() {
  constexpr std::uint64_t numbers = 150;
  if (any(3) != 0) return any(numbers);
  // Some of those that a source may have placed before.
  constexpr std::uint64_t texts = 80;
  constexpr std::int64_t apart = 25;
  return "before-" + std::to_string(any(texts) * apart);
}

Term RethinkWriter::any_document() {
  return Term::object({{"id", any_key()},
                       {"total", any(1'000)},
                       {"state", "placed"},
                       {"note", std::string(random_() % 200, 'n')}});
}

Term RethinkWriter::any_documents() {
  if (any(3) != 0) return orders().then(TermType::get, {any_key()});
  constexpr std::int64_t some = 6;
  const std::int64_t from = any(150);
  return orders().then(TermType::between, {from, from + some});
}

}  // namespace headwater::rig
