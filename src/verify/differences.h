// The differences between two rows, member by member.
#pragma once

#include <string_view>
#include <vector>

#include "src/verify/verify.h"

namespace headwater {

/// Compares two JSON objects, as in an event's data. A member that only one has is also a
/// difference. With `ordered`, the order of fields inside a member counts. Empty if they only
/// differ in the order of their members.
[[nodiscard]] std::vector<ColumnDifference> differences(std::string_view in_stream,
                                                        std::string_view in_database, bool ordered);

}  // namespace headwater
