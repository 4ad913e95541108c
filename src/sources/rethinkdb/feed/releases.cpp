#include "src/sources/rethinkdb/feed/releases.h"

#include <iterator>
#include <string>
#include <utility>

#include "src/base/invariant.h"
#include "src/json/json.h"
#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

Error not_released(std::string_view why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.not_released",
          .message = "published changes cannot be removed from the journal: " + std::string(why),
          .next = "headwater check -c FILE"};
}

}  // namespace

Result<void> Releases::begin(const TableNames& table, std::vector<Taken> taken,
                             std::uint64_t told) {
  table_ = table;
  told_ = told;
  waiting_.insert(waiting_.end(), std::make_move_iterator(taken.begin()),
                  std::make_move_iterator(taken.end()));
  if (sent_ || waiting_.empty()) return {};
  auto sent = session_->send(release(table_, waiting_, told_, by_), {});
  if (!sent) return failed(sent);
  sent_ = Sent{.token = *sent, .taken = std::exchange(waiting_, {})};
  return {};
}

Result<std::optional<Forgotten>> Releases::next(Milliseconds longest, const std::stop_token& stop) {
  invariant(sent_.has_value(), "a release is awaited that was sent");
  auto reply = session_->receive(sent_->token, longest, stop);
  if (!reply) {
    drop();
    return failed(reply);
  }
  if (!*reply) return std::nullopt;
  Forgotten done{.taken = std::move(sent_->taken)};
  sent_.reset();
  if (auto next = begin(table_, {}, told_); !next) return failed(next);
  const auto& results = (*reply)->answer.results;
  const auto json = Json::parse(results.empty() ? "null" : results.front());
  const auto released = json ? (*json)[0].unsigned_integer() : std::nullopt;
  if (!released) return fail(bad_message("the answer to a release has no counter"));
  done.released = *released;
  const Json& counts = (*json)[1];
  // A document that is no longer there would be a new one, which the hook refuses.
  const auto first_error = counts["first_error"].text().value_or("");
  if (!first_error.empty() && first_error.find(hook_refuses) == std::string_view::npos) {
    return fail(not_released(first_error));
  }
  return std::optional(std::move(done));
}

}  // namespace headwater::rethinkdb
