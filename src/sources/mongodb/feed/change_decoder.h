// A change event of the server's as a Change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "src/sources/mongodb/feed/resume_token.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/mongodb/feed/watch.h"

namespace headwater::mongodb {

struct DecodedChange {
  Change change;  ///< Without its position; the transaction's ordinal and end are not known here.
  ClusterTime time;
  ResumeToken token;           ///< Resuming here gives the next event.
  bool of_a_document = false;  ///< An insert, update, replace or delete.
  /// The server has cut the event, and this is one of several parts; nothing else is read.
  bool part = false;
};

/// Fields and their meaning: https://www.mongodb.com/docs/manual/reference/change-events/. What has
/// no place of its own in a Change goes into its detail as it is, so nothing a newer server says is
/// dropped. Any thread.
class ChangeDecoder {
 public:
  ChangeDecoder(Watch watch, ExtendedJson form) : watch_(std::move(watch)), form_(form) {}

  /// Fails with `source.bad_event` (stop) for anything but a change event.
  [[nodiscard]] Result<DecodedChange> decode(const bson_t& event) const;

  /// A document of a snapshot. Its id names the time, the collection and the key.
  [[nodiscard]] Result<Change> read(const CollectionName& name, const bson_t& document,
                                    ClusterTime time) const;
  /// The same for one that went through the pipeline as an event.
  [[nodiscard]] Result<Change> read_wrapped(const CollectionName& name, const bson_t& event,
                                            ClusterTime time) const;

 private:
  Watch watch_;
  ExtendedJson form_;
};

/// Milliseconds are not known: cluster time has seconds.
[[nodiscard]] WallTime wall_time(ClusterTime time);
/// "1795431392.17"
[[nodiscard]] std::string words_for(ClusterTime time);
/// The way back.
[[nodiscard]] std::optional<ClusterTime> time_from(std::string_view words);

}  // namespace headwater::mongodb
