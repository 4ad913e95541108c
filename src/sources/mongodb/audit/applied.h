// Applies an update, as a change event describes it, to a document.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater::mongodb {

/// The document after the update that `detail`, an event's, describes under `updateDescription`:
/// https://www.mongodb.com/docs/manual/reference/change-events/update/. Both in Extended JSON of
/// the same form; values stay as they are written, and new fields come last.
///
/// Works as the server's own replay does: if the document is newer than the update, so that a
/// path no longer exists, that part is skipped, because the change that removed it comes later
/// (src/mongo/db/update/document_diff_applier.cpp). `creates_parents`: an update may name a path
/// whose parents do not exist, and has created them, as before 5.0.
///
/// nullopt if a path could mean more than one field, because a name in it has dots, or if the
/// description cannot be read.
[[nodiscard]] std::optional<std::string> applied(std::string_view document, std::string_view detail,
                                                 bool creates_parents);

}  // namespace headwater::mongodb
