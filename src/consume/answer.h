// What a handler program answers. docs/formats/handler.md specifies it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater::consume {

struct Answer {
  enum class Word {
    ok,
    retry,   ///< Hand it over again later.
    reject,  ///< Handing it over again does not help.
  };
  Word word = Word::ok;
  std::string reason{};
};

/// Nothing if `line` is no answer.
[[nodiscard]] std::optional<Answer> answer_in(std::string_view line);

}  // namespace headwater::consume
