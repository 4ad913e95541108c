// What can be configured of a MongoDB source.
#pragma once

#include <string>
#include <vector>

#include "src/sources/mongodb/bson/ext_json.h"
#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/shared/policies.h"

namespace headwater::mongodb {

enum class FullDocument { as_reported, update_lookup, when_available, required };
enum class FullDocumentBefore { off, when_available, required };
using sources::OnLost;

struct SourceOptions {
  std::string uri;
  Watch watch;
  std::vector<Doc> pipeline;  ///< Checked.
  FullDocument full_document = FullDocument::as_reported;
  FullDocumentBefore full_document_before_change = FullDocumentBefore::off;
  sources::Policies policies{
      .large = {.other_way = "take fields away with a $project in `pipeline`"}};
  ExtendedJson form = ExtendedJson::relaxed;
  /// The source's permanent name; empty: the replica set's own id, which needs a privilege to read.
  std::string identity;
  /// Appended to the identity: what is watched, if relays of one configuration see the same
  /// changes.
  std::string part{};
};

[[nodiscard]] SourceOptions copy_of(const SourceOptions& options);

}  // namespace headwater::mongodb
