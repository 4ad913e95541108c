// Changes that are too large: for the server to send whole, or for this program to hold.
#include <utility>

#include "src/sources/mongodb/feed/mongo_source.h"

namespace headwater::mongodb {
namespace {

constexpr Milliseconds probe_wait{1'000};

}  // namespace

/// The server cuts a large event between its fields:
/// https://www.mongodb.com/docs/manual/reference/operator/aggregation/changeStreamSplitLargeEvent/.
/// A part that others follow gives a change with an empty token. The whole has the first part's id,
/// and the last part's token.
Result<DecodedChange> MongoSource::assembled(const DocView& event) {
  const auto part = find_number(event.get(), "splitEvent.fragment").value_or(1);
  const auto of = find_number(event.get(), "splitEvent.of").value_or(1);
  if (part == 1) at_hand_.fragments.emplace();
  bson_iter_t at;
  if (at_hand_.fragments && bson_iter_init(&at, event.get())) {
    Doc& whole = *at_hand_.fragments;
    while (bson_iter_next(&at)) {
      if (!bson_has_field(whole.get(), bson_iter_key(&at))) {
        bson_append_iter(whole.out(), nullptr, -1, &at);
      }
    }
  }
  if (part < of || !at_hand_.fragments) return DecodedChange();
  const Doc whole = *std::exchange(at_hand_.fragments, std::nullopt);
  auto decoded = decoder_.decode(*whole.get());
  if (decoded) decoded->token = find_text(event.get(), "_id._data").value_or("");
  return decoded;
}

Result<void> MongoSource::keep_small(Change& change) const {
  const std::size_t size = footprint(change);
  if (size <= options_->max_change) return {};
  return too_large(change, std::to_string(size) + " bytes, and `max_change` is " +
                               std::to_string(options_->max_change));
}

/// The error, or a gap under the change's own id.
Result<void> MongoSource::too_large(Change& change, const std::string& size) const {
  const std::string where = change.database + "." + change.table + " " + change.key.document;
  if (options_->on_too_large == OnTooLarge::stop) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.change_too_large",
                 .message = "The change of " + where + " is too large: " + size,
                 .next =
                     "set `on_large_change: gap` to leave a gap event in its place, or take fields "
                     "away with a $project in `pipeline`"});
  }
  change.gap = Gap{.reason = "source.change_too_large: " + size,
                   .from = change.id,
                   .to = change.id,
                   .restated = false};
  change.op = Op::gap;
  change.before.reset();
  change.after.reset();
  change.detail.clear();
  return {};
}

/// The server ended the cursor, because one event is larger than a document may be. The ones before
/// it in the same batch are lost with it: they are fetched again one by one, up to the large one,
/// which is then asked for without its documents.
Result<void> MongoSource::pass_too_large() {
  const StartAt here{.token = position_.token, .time = position_.time};
  if (!hunting_) {
    hunting_ = true;
    count_ = 1;
    auto started = link_->tailer.start(here);
    if (!started) return fail(error_of(started.error()));
    return {};
  }
  StreamRequest request{.watch = options_->watch, .pipeline = &options_->pipeline};
  request.without_documents = true;
  auto probe = ChangeStream::open(*link_->control, request, here);
  if (!probe) return fail(error_of(probe.error()));
  auto found = probe->next(1, probe_wait);
  (void)link_->control->send(probe->database(), probe->kill_command());
  if (!found) return fail(error_of(found.error()));
  const auto event = found->next();
  // Not there any more: the next getMore will tell why.
  if (!event) return {};
  auto decoded = decoder_.decode(*event->get());
  if (!decoded) return fail(std::move(decoded.error()));
  auto passed = too_large(decoded->change, "more than the 16 MB the server can send");
  if (!passed) return passed;
  hunting_ = false;
  const std::string token = decoded->token;
  at_hand_.next_id.reset();
  at_hand_.next = std::move(*decoded);
  auto started = link_->tailer.start({.token = token, .time = {}});
  if (!started) return fail(error_of(started.error()));
  return {};
}

}  // namespace headwater::mongodb
