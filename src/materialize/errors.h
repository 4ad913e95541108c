// The errors of a copy that cannot go on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/event.h"
#include "src/ports/target.h"

namespace headwater::materialize {

/// The command that makes the copy again.
constexpr const char* rebuild_command = "headwater materialize -c FILE --rebuild";

[[nodiscard]] Error unreadable(const Event& event);
[[nodiscard]] Error without_key(const Event& event);
[[nodiscard]] Error without_row(const Event& event);
/// The row is new, and a value of it is Unchanged.
[[nodiscard]] Error lacks_value(const Event& event);
[[nodiscard]] Error has_gap(const Event& event, std::string_view gap);

/// The stream's first event is `first`, and the copy needs the one after its place.
[[nodiscard]] Error aged_out(const CopyPlace& place, std::uint64_t first);
/// The stream has another event at the copy's place.
[[nodiscard]] Error other_stream(const CopyPlace& place, const std::string& found);
/// The copy was made with other tables or names.
[[nodiscard]] Error other_options(const CopyPlace& place, const std::string& are);
/// The stream ends before the copy's place.
[[nodiscard]] Error went_back(const CopyPlace& place, std::uint64_t last);
/// The stream's own error about a place that it does not have.
[[nodiscard]] Error of_place(const Error& error, const CopyPlace& place);
/// A new copy would lack the events before `first`.
[[nodiscard]] Error beginning_removed(std::uint64_t first);
[[nodiscard]] Error until_ahead(const std::string& until, std::uint64_t last);

}  // namespace headwater::materialize
