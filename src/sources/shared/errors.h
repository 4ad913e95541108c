// Errors that sources share. The names of a loss are the port's (loss.h).
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/position.h"

namespace headwater::sources {

constexpr std::string_view other_database = "source.other_database";
constexpr std::string_view bad_position = "source.bad_position";
constexpr std::string_view change_too_large = "source.change_too_large";

/// `source`: which one cannot read the position, "MongoDB".
[[nodiscard]] Error bad_position_error(const Position& position, std::string_view source,
                                       std::string_view why, std::string next);
/// `theirs`: the database that the position belongs to.
[[nodiscard]] Error other_database_error(const std::string& theirs, const std::string& ours);
/// `name`: history_lost or went_back. `also`: what helps besides a policy; empty: nothing.
[[nodiscard]] Error loss_error(std::string_view name, std::string message,
                               std::string_view also = {});

/// Rows were to be read again of a relay that has no position yet.
[[nodiscard]] Error not_begun_error(const std::string& relay);
/// The last such request is not finished. `table`: the one that is being read; empty: not known.
[[nodiscard]] Error snapshot_running_error(const std::string& relay, const std::string& table = {});

}  // namespace headwater::sources
