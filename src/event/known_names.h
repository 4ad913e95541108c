// The few texts that the events of a stream have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/event/event_type.h"
#include "src/event/shared_text.h"

namespace headwater {

/// For a reader: makes the source and the type of events, each of them once. One thread.
class KnownNames {
 public:
  [[nodiscard]] SharedText source(std::string_view text) {
    return of(sources_, text, [](std::string_view made) { return SharedText(made); });
  }
  [[nodiscard]] EventType type(std::string_view text) {
    return of(types_, text, &EventType::parse);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class Name>
  using Known = std::unordered_map<std::string, Name, Hash, std::equal_to<>>;

  template <class Name, class Make>
  static Name of(Known<Name>& known, std::string_view text, const Make& make) {
    // More than any stream has, and longer ones, so that a foreign one does not fill the memory.
    constexpr std::size_t most = 10'000;
    constexpr std::size_t longest = 1'024;
    if (text.size() > longest) return make(text);
    if (const auto found = known.find(text); found != known.end()) return found->second;
    if (known.size() >= most) known.clear();
    return known.emplace(text, make(text)).first->second;
  }

  Known<SharedText> sources_;
  Known<EventType> types_;
};

}  // namespace headwater
