#include "src/streams/nats/subject.h"

#include <array>
#include <cstddef>

#include "src/event/json_text.h"

namespace headwater::nats {
namespace {

constexpr std::array<std::string_view, 3> placeholders{"{database}", "{table}", "{key}"};

// A server closes the connection if subjects and all that stands on the line are longer than 4096
// bytes (max_control_line).
constexpr std::size_t longest = 200;

/// Points would be more words, and `*` and `>` stand for others (docs.nats.io, Subject names).
void append_encoded(std::string& to, std::string_view text) {
  append_percent_encoded(to, text, ".");
}

void append_name(std::string& to, std::string_view name) {
  if (name.empty()) to += '-';
  append_encoded(to, name.substr(0, longest));
}

/// Of a percent-encoded text: a byte, encoded or not.
std::string_view first_byte(std::string_view text) {
  const bool encoded = with_percents_decoded(text.substr(0, 3)).size() == 1;
  return text.substr(0, encoded ? 3 : 1);
}

/// An event's subject is percent-encoded already, and its values joined by '/'. Never cut inside an
/// encoded byte.
void append_key(std::string& to, std::string_view key) {
  if (key.empty()) to += '-';
  for (std::size_t bytes = 0; !key.empty() && bytes < longest; ++bytes) {
    const std::string_view byte = first_byte(key);
    key.remove_prefix(byte.size());
    if (byte.size() > 1 || byte == "/") {
      to += byte;
    } else {
      append_encoded(to, byte);
    }
  }
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
  constexpr std::size_t as_most_have = 96;
  std::string subject;
  subject.reserve(as_most_have);
  subject += begin_;
  if (rest_.empty()) return subject + "all";
  for (std::size_t at = 0; at < rest_.size();) {
    const std::string_view here = std::string_view(rest_).substr(at);
    if (here.starts_with(placeholders[0])) {
      append_name(subject, event.type.database());
      at += placeholders[0].size();
    } else if (here.starts_with(placeholders[1])) {
      if (!event.type.schema().empty()) {
        append_name(subject, event.type.schema());
        subject += '.';
      }
      append_name(subject, event.type.table());
      at += placeholders[1].size();
    } else if (here.starts_with(placeholders[2])) {
      append_key(subject, event.subject);
      at += placeholders[2].size();
    } else {
      subject += rest_[at++];
    }
  }
  return subject;
}

}  // namespace headwater::nats
