// Changes that are too large: for the server to send whole, or for this program to hold.
#include <utility>

#include "src/event/short_key.h"
#include "src/sources/mongodb/feed/mongo_source.h"

namespace headwater::mongodb {
namespace {

constexpr Milliseconds probe_wait{1'000};

/// For an error, which never has a whole key in it.
std::string named(const Change& change) {
  return change.database + "." + change.table + " " + in_few_bytes(json_of(change.key));
}

Error image_missing(const Change& change, const Failure& failure) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.image_missing",
          .message = "The server no longer has a document that is required with the change of " +
                     named(change) + ": " + failure.message,
          .next =
              "set `full_document` and `full_document_before_change` to whenAvailable, which "
              "does without it; and let the server keep such documents longer "
              "(changeStreamOptions.preAndPostImages.expireAfterSeconds)"};
}

}  // namespace

/// The server cuts a large event between its fields:
/// https://www.mongodb.com/docs/manual/reference/operator/aggregation/changeStreamSplitLargeEvent/.
/// The whole, with the first part's id, once its last part is there.
std::optional<Doc> MongoSource::assembled(const DocView& event) {
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
  if (part < of) return std::nullopt;
  return std::exchange(at_hand_.fragments, std::nullopt);
}

Result<void> MongoSource::keep_small(Change& change) const {
  const std::size_t size = footprint(change);
  if (size <= options_->max_change) return {};
  // How the document is now is never held back for the sake of how it was.
  const bool says_after = change.after || !change.detail.empty();
  const std::size_t before = change.before ? footprint(*change.before) : 0;
  if (says_after && before > 0 && size - before <= options_->max_change) {
    change.before.reset();
    return {};
  }
  return too_large(change, std::to_string(size) + " bytes, and `max_change` is " +
                               std::to_string(options_->max_change));
}

/// The error, or a gap under the change's own id. That a document is gone can always be told.
Result<void> MongoSource::too_large(Change& change, const std::string& size) const {
  if (change.op == Op::remove && json_of(change.key).size() <= options_->max_change) {
    change.before.reset();
    return {};
  }
  const std::string where = named(change);
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

bool MongoSource::about_images(const Failure& failure) {
  return failure.is(Code::no_matching_document) || failure.is(Code::no_image_recorded);
}

/// The server ended the cursor because of one event.
bool MongoSource::about_an_event(const Failure& failure) {
  return failure.is(Code::object_too_large) || about_images(failure);
}

/// The server ended the cursor, because it cannot send one event as it is wanted: it is larger than
/// a document may be, or an image that is required is missing. The ones before it in the same batch
/// are lost with it: they are fetched again one by one, up to that one.
Result<void> MongoSource::hunt(const Failure& failure) {
  const StartAt here{.token = position_.token, .time = position_.time};
  if (hunting_ > 0) return pass(failure, here);
  hunting_ = count_;
  count_ = 1;
  auto started = link_->tailer.start(here);
  if (!started) return fail(error_of(started.error()));
  return {};
}

/// The next event is the one. It is asked for without its documents, which tells whose it is.
Result<void> MongoSource::pass(const Failure& failure, const StartAt& here) {
  StreamRequest request = request_for(*options_, link_->facts);
  request.split_large = false;
  request.without_documents = true;
  auto probe = ChangeStream::open(*link_->control, request, here);
  if (!probe) return fail(error_of(probe.error()));
  auto found = probe->next(1, probe_wait);
  (void)link_->control->send(probe->database(), probe->kill_command());
  if (!found) return fail(error_of(found.error()));
  const auto event = found->next();
  if (!event) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = "a change could not be sent, and then was not there any more: " +
                            failure.message,
                 .next = {}});
  }
  auto decoded = decoder_.decode(*event->get());
  if (!decoded) return failed(decoded);
  if (about_images(failure)) return fail(image_missing(decoded->change, failure));
  auto passed = too_large(decoded->change, "more than the 16 MB the server can send");
  if (!passed) return passed;
  hunting_ = 0;
  count_ = first_count;
  const ResumeToken token = decoded->token;
  at_hand_.next = std::move(*decoded);
  remember_key(*event->get());
  auto started = link_->tailer.start({.token = token, .time = {}});
  if (!started) return fail(error_of(started.error()));
  return {};
}

}  // namespace headwater::mongodb
