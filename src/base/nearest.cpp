#include "src/base/nearest.h"

#include <algorithm>
#include <cstddef>

namespace headwater {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment: Levenshtein's distance, with two swapped neighbours counting as one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differ = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differ});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool is_one_of(std::string_view word, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == word) return true;
  }
  return false;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& names) {
  // No name is that long, and the distance needs quadratic memory.
  constexpr std::size_t longest = 64;
  if (word.size() > longest) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t least = 0;
  for (const std::string& name : names) {
    const std::size_t found = distance(word, name);
    if (best == nullptr || found < least) {
      best = &name;
      least = found;
    }
  }
  if (best == nullptr || least > std::max<std::size_t>(1, best->size() / 3)) return std::nullopt;
  return *best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names,
                       std::string_view what) {
  if (auto near = nearest(word, names)) return "; did you mean '" + *near + "'?";
  if (names.empty()) return "";
  std::string text = "; valid " + std::string(what) + ": ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return text;
}

}  // namespace headwater
