// A difference to a document as changed columns of its row.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/target.h"

namespace headwater::targets {

/// The text in these columns of the operation's row, nullopt where it is NULL or there is no such
/// column. Nothing if there is no such row.
using Texts = std::vector<std::optional<std::string>>;
using ReadColumns =
    std::function<Result<std::optional<Texts>>(const std::vector<std::string>& columns)>;

/// Returns the key's columns and those that an update (RowOperation::Kind::update) touches, with
/// their new values; all others stay. Nothing if there is no such row.
Result<std::optional<TableRow>> changed_columns(const RowOperation& update,
                                                const ReadColumns& read);

}  // namespace headwater::targets
