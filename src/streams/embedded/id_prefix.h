// Stores the part of an event's id that is also in its source once, not with every event. With the
// shared source and type, this saves a third of the file.
#pragma once

#include <string_view>

#include "src/event/event.h"

namespace headwater::embedded {

/// "<uuid>" for source "sqlite:<uuid>" and id "<uuid>:17"; empty if the id does not begin with it.
/// A view of `event.id`.
[[nodiscard]] inline std::string_view id_prefix(const Event& event) {
  std::string_view name = event.source;
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    name.remove_prefix(colon + 1);
  }
  const std::string_view id = event.id;
  return id.starts_with(name) ? id.substr(0, name.size()) : std::string_view();
}

}  // namespace headwater::embedded
