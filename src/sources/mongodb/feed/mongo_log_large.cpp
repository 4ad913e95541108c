// Events that the server cannot send whole.
#include <utility>

#include "src/event/short_key.h"
#include "src/sources/mongodb/feed/mongo_log.h"

namespace headwater::mongodb {
namespace {

constexpr Milliseconds probe_wait{1'000};

Error image_missing(const Change& change, const Failure& failure) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.image_missing",
          .message = "the server no longer has a document that is required with the change of " +
                     change.database + "." + change.table + " " +
                     in_few_bytes(json_of(change.key)) + ": " + failure.message,
          .next =
              "set `full_document` and `full_document_before_change` to whenAvailable, which "
              "does without it; and let the server keep such documents longer "
              "(changeStreamOptions.preAndPostImages.expireAfterSeconds)"};
}

}  // namespace

bool MongoLog::about_images(const Failure& failure) {
  return failure.is(Code::no_matching_document) || failure.is(Code::no_image_recorded);
}

/// The server ended the cursor because of one event.
bool MongoLog::about_an_event(const Failure& failure) {
  return failure.is(Code::object_too_large) || about_images(failure);
}

/// The server ended the cursor, because it cannot send one event as requested: it is larger than a
/// document may be, or a required image is missing. The events before it in the same batch are lost
/// with it, so they are fetched again one by one, up to that one.
Result<void> MongoLog::hunt(const Failure& failure) {
  if (hunting_ > 0) return pass(failure);
  hunting_ = count_;
  count_ = 1;
  auto started = tailer().start(here());
  if (!started) return fail(error_of(started.error()));
  return {};
}

/// The next event is the one. It is requested without its documents, to learn which it is.
Result<void> MongoLog::pass(const Failure& failure) {
  Link& link = deployment_->link();
  StreamRequest request = request_for(options(), link.facts);
  request.split_large = false;
  request.without_documents = true;
  auto probe = ChangeStream::open(*link.control, request, here());
  if (!probe) return fail(error_of(probe.error()));
  auto found = probe->next(1, probe_wait);
  (void)link.control->send(probe->database(), probe->kill_command());
  if (!found) return fail(error_of(found.error()));
  const auto event = found->next();
  if (!event) {
    return fail(
        {.remedy = Remedy::retry,
         .origin = Origin::source,
         .name = "source.unavailable",
         .message = "a change could not be sent, and then no longer existed: " + failure.message,
         .next = {}});
  }
  auto decoded = decoder_.decode(*event->get());
  if (!decoded) return failed(decoded);
  if (about_images(failure)) return fail(image_missing(decoded->change, failure));
  auto passed = sources::leave_out_large(decoded->change, "more than the 16 MB the server can send",
                                         options().policies.large);
  if (!passed) return passed;
  hunting_ = 0;
  count_ = first_count;
  const ResumeToken token = decoded->token;
  make_next(std::move(*decoded), *event->get());
  auto started = tailer().start({.token = token, .time = {}});
  if (!started) return fail(error_of(started.error()));
  return {};
}

}  // namespace headwater::mongodb
