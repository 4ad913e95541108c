// What can be configured of a MongoDB source.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/config/section.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/shared/policies.h"

namespace headwater::mongodb {

enum class FullDocument { as_reported, update_lookup, when_available, required };
enum class FullDocumentBefore { off, when_available, required };
using OnLost = sources::OnLost;

struct SourceOptions {
  std::string uri;
  Watch watch;
  std::vector<Doc> pipeline;  ///< Checked.
  FullDocument full_document = FullDocument::as_reported;
  FullDocumentBefore full_document_before_change = FullDocumentBefore::off;
  bool snapshot = false;  ///< Publish the documents that are there before the first change.
  OnLost on_lost_position = OnLost::stop;
  OnLarge on_too_large = OnLarge::stop;                  ///< A change the server cannot send whole.
  std::uint64_t max_change = std::uint64_t{100} << 20U;  ///< Bytes, as this program holds it.
  ExtendedJson form = ExtendedJson::relaxed;
  /// Names the source for ever; empty: the replica set's own id, which needs a privilege to read.
  std::string identity;
  /// Behind the identity: what is watched, where relays of one configuration see the same changes.
  std::string part{};
};

/// One for each name under `watch`, in their order; alike but for it. Opens nothing. Fails with
/// config.*.
Result<std::vector<SourceOptions>> read_options(config::Section section);

}  // namespace headwater::mongodb
