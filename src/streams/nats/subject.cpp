#include "src/streams/nats/subject.h"

#include <array>
#include <utility>

#include "src/event/json_text.h"

namespace headwater::nats {
namespace {

constexpr std::array<std::string_view, 3> placeholders{"{database}", "{table}", "{key}"};

/// Points would be more words, and `*` and `>` stand for others (docs.nats.io, Subject names).
void append_word(std::string& to, std::string_view text) {
  // A server closes the connection if subjects and all that stands on the line are longer than 4096
  // bytes (max_control_line).
  constexpr std::size_t longest = 200;
  if (text.empty()) {
    to += '-';
    return;
  }
  text = text.substr(0, longest);
  const auto begin = to.size();
  append_percent_encoded(to, text);
  for (auto at = to.find('.', begin); at != std::string::npos; at = to.find('.', at)) {
    to.replace(at, 1, "%2E");
  }
}

/// type is <database>.<table>.<op>, where the table may have points, or <database>.<op>.
std::pair<std::string_view, std::string_view> database_and_table(std::string_view type) {
  const auto first = type.find('.');
  const auto last = type.rfind('.');
  if (first == std::string_view::npos) return {type, ""};
  if (first == last) return {type.substr(0, first), ""};
  return {type.substr(0, first), type.substr(first + 1, last - first - 1)};
}

}  // namespace

std::optional<Subjects> Subjects::from(std::string_view stream, std::string_view words) {
  Subjects made;
  const auto brace = words.find('{');
  made.begin_ = words.substr(0, brace);
  if (brace == std::string_view::npos) {
    made.begin_ += ".";
  } else {
    made.rest_ = words.substr(brace);
  }
  const bool whole = made.begin_.size() > 1 && made.begin_.back() == '.' &&
                     made.begin_.front() != '.' && made.begin_.find("..") == std::string::npos &&
                     made.begin_.find_first_of(" *>\t\r\n}") == std::string::npos &&
                     !made.begin_.starts_with("$") && !made.begin_.starts_with("headwater.");
  if (!whole) return std::nullopt;
  std::string checked = made.rest_;
  for (const std::string_view word : placeholders) {
    for (auto at = checked.find(word); at != std::string::npos; at = checked.find(word)) {
      checked.replace(at, word.size(), "x");
    }
  }
  if (checked.find_first_of("{} *>\t\r\n") != std::string::npos || checked.ends_with('.') ||
      checked.find("..") != std::string::npos) {
    return std::nullopt;
  }
  made.positions_ = "headwater.position." + std::string(stream);
  return made;
}

std::string Subjects::of(const Event& event) const {
  const auto [database, table] = database_and_table(event.type);
  std::string subject = begin_;
  if (rest_.empty()) return subject + "all";
  for (std::size_t at = 0; at < rest_.size();) {
    const std::string_view here = std::string_view(rest_).substr(at);
    if (here.starts_with(placeholders[0])) {
      append_word(subject, database);
      at += placeholders[0].size();
    } else if (here.starts_with(placeholders[1])) {
      append_word(subject, table);
      at += placeholders[1].size();
    } else if (here.starts_with(placeholders[2])) {
      append_word(subject, event.subject);
      at += placeholders[2].size();
    } else {
      subject += rest_[at++];
    }
  }
  return subject;
}

}  // namespace headwater::nats
