#include "src/consume/answer.h"

#include <array>
#include <utility>

namespace headwater::consume {
namespace {

constexpr std::array<std::pair<std::string_view, Answer::Word>, 3> words{
    {{"ok", Answer::Word::ok}, {"retry", Answer::Word::retry}, {"reject", Answer::Word::reject}}};

}  // namespace

std::optional<Answer> answer_in(std::string_view line) {
  // A program on another system may end its lines in another way.
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (const auto& [word, meaning] : words) {
    if (line == word) return Answer{.word = meaning};
    if (meaning == Answer::Word::ok || !line.starts_with(word)) continue;
    const std::string_view rest = line.substr(word.size());
    if (rest.starts_with(' '))
      return Answer{.word = meaning, .reason = std::string(rest.substr(1))};
  }
  return std::nullopt;
}

}  // namespace headwater::consume
