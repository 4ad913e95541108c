#include "src/sources/postgresql/feed/timelines.h"

#include <algorithm>

#include "src/base/number_in.h"

namespace headwater::postgresql {

/// Each line: number, tab, place of the fork, tab, reason. Others are empty or comments.
Timelines::Timelines(Timeline current, std::string_view history) : current_(current) {
  while (!history.empty()) {
    const std::size_t end = std::min(history.find('\n'), history.size());
    std::string_view line = history.substr(0, end);
    history.remove_prefix(std::min(end + 1, history.size()));
    const auto timeline = take_number<Timeline>(line);
    if (!timeline || line.empty()) continue;
    line.remove_prefix(1);
    const auto fork = lsn_from(line.substr(0, line.find('\t')));
    if (fork) past_.push_back({.timeline = *timeline, .end = *fork});
  }
}

Timeline Timelines::owner(Lsn lsn) const {
  for (const Past& past : past_) {
    if (lsn < past.end) return past.timeline;
  }
  return current_;
}

std::optional<Lsn> Timelines::fork_after(Lsn lsn) const {
  for (const Past& past : past_) {
    if (lsn < past.end) return past.end;
  }
  return std::nullopt;
}

bool Timelines::includes(Timeline timeline, Lsn lsn) const {
  if (timeline == current_) return true;
  const auto past =
      std::ranges::find_if(past_, [&](const Past& each) { return each.timeline == timeline; });
  return past != past_.end() && lsn <= past->end;
}

}  // namespace headwater::postgresql
