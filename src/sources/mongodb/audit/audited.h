// What all parts of the audit need to know.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

struct Audited {
  std::shared_ptr<const SourceOptions> options;  ///< For reading again what a relay has read.
  const Clock* clock = nullptr;
  ServerFacts facts;
  std::string identity;
  bool by_key = false;  ///< All changes to a document are in the stream, or none.
  MongoPosition tail;   ///< Of the stream.

  /// A place in this change stream.
  [[nodiscard]] MongoPosition position_at(ClusterTime time) const;
};

/// Options that give the same changes as the relay's, as far as the audit needs them: images only
/// if a pipeline looks at them or if they are exact, and nothing that ends the reading. A server
/// that splits large events gives those another id than whole ones; there the same images are
/// requested, so that the same events are split.
[[nodiscard]] SourceOptions options_to_read_again(const SourceOptions& options, bool by_key,
                                                  bool splits_events);

}  // namespace headwater::mongodb
