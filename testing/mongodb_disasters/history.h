// Making a server forget, and finding what a relay says of it.
#pragma once

#include <string>
#include <vector>

#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {

/// For a server that can be made to forget.
[[nodiscard]] MongoOptions forgetful(MongoKind kind);

/// From now on the server's history begins later than this call. SecantusDB is stopped and started.
void cut_history(MongoServer& server, MongoKind kind);

/// Of the oldest change in the server's history.
[[nodiscard]] ClusterTime oldest_change(MongoShell& shell);

/// `run` must end by itself with the source's exit code, the error's name and a next step, and must
/// not have appended anything.
void expect_stop(const MongoPipeline& pipeline, const std::string& name);

/// The ids behind the stream's only gap event; nothing if there is not just one.
[[nodiscard]] std::vector<std::string> ids_behind_the_gap(const MongoPipeline& pipeline);

/// A member of the gap event's `gap`: "reason", "from", "to", "restated".
[[nodiscard]] std::string gap_says(const MongoPipeline& pipeline, const std::string& member);

}  // namespace headwater::rig
