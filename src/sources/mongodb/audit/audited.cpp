#include "src/sources/mongodb/audit/audited.h"

namespace headwater::mongodb {

MongoPosition Audited::position_at(ClusterTime time) const {
  MongoPosition position;
  position.source = identity;
  position.fingerprint = fingerprint(options->watch, options->pipeline);
  position.time = time;
  return position;
}

SourceOptions options_to_read_again(const SourceOptions& options, bool by_key, bool splits_events) {
  SourceOptions again = copy_of(options);
  if (again.full_document == FullDocument::required) {
    again.full_document = FullDocument::when_available;
  } else if (by_key && again.full_document == FullDocument::update_lookup && !splits_events) {
    again.full_document = FullDocument::as_reported;
  }
  const bool same_images = !by_key || splits_events;
  again.full_document_before_change =
      same_images && options.full_document_before_change != FullDocumentBefore::off
          ? FullDocumentBefore::when_available
          : FullDocumentBefore::off;
  again.policies.on_lost = OnLost::stop;
  again.policies.large.policy = OnLarge::gap;
  return again;
}

}  // namespace headwater::mongodb
