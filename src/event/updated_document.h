// Applies an update that an event describes as a difference to a document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

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
[[nodiscard]] std::optional<std::string> updated_document(std::string_view document,
                                                          std::string_view detail,
                                                          bool creates_parents);

/// A field of the document itself that an update touches.
struct TouchedField {
  std::string name;     ///< As written, without its quotes.
  bool inside = false;  ///< Only a part of its value is touched.
};

/// Every field that `detail` touches, each once. nullopt if it describes no difference, or cannot
/// be read.
[[nodiscard]] std::optional<std::vector<TouchedField>> touched_fields(std::string_view detail);

}  // namespace headwater
