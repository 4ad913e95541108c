// Finds the parts of an event's `data` as they were written, without building a tree.
#pragma once

#include <optional>
#include <string_view>

namespace headwater {

/// Views into the data; empty if the member is absent, `null` as written.
struct DataParts {
  std::string_view op;  ///< Without its quotes.
  std::string_view key;
  std::string_view before;
  std::string_view after;
  std::string_view to;  ///< A rename's; without its quotes, as written.
  std::string_view detail;
  std::string_view gap;

  [[nodiscard]] bool has_key() const { return !key.empty() && key != "null"; }
  [[nodiscard]] bool has_after() const { return !after.empty() && after != "null"; }
};

/// nullopt if `data` is not a JSON object as docs/formats/event.md describes it.
[[nodiscard]] std::optional<DataParts> scan_data(std::string_view data);

}  // namespace headwater
