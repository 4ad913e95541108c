// Does to a document what a change event says that an update did.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater::mongodb {

/// The document after the update that `detail`, an event's, describes under `updateDescription`:
/// https://www.mongodb.com/docs/manual/reference/change-events/update/. Both in Extended JSON of
/// the same form; values stay as they are written, and new fields come last.
///
/// Works as the server's own replay does: where the document is newer than the update, so that a
/// path leads nowhere any more, that part is passed over, because what took it away comes later
/// (src/mongo/db/update/document_diff_applier.cpp). `creates_parents`: an update may name a path
/// whose beginning is not there yet, and then made it, as before 5.0.
///
/// nullopt where a path could mean more than one field, because a name on its way has dots in it,
/// or where the description cannot be read.
[[nodiscard]] std::optional<std::string> applied(std::string_view document, std::string_view detail,
                                                 bool creates_parents);

}  // namespace headwater::mongodb
