// The errors of streams, and what a broker's codes mean.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>

#include "src/base/error.h"
#include "src/ports/durable.h"

namespace headwater::streams {

/// Retrying may help.
[[nodiscard]] Error retry_later(std::string name, std::string message, std::string next = {});
/// The same, `stream.unavailable`: down, not answering, or the connection is broken.
[[nodiscard]] Error unavailable(std::string message, std::string next = {});
/// No retry fixes it.
[[nodiscard]] Error hopeless(std::string name, std::string message, std::string next);
/// Another relay has appended.
[[nodiscard]] Error conflict(std::string message);
/// The same, where the tail that was found is known. `where` is the stream's name.
[[nodiscard]] Error conflict(const std::string& where, const std::string& relay, const Tail& found,
                             const Tail& expected);
/// What is stored has a format's version that this program does not read.
[[nodiscard]] Error newer_version(const std::string& where, const std::string& version,
                                  const std::string& known);

/// What a code, or a word of an answer, means for a relay and for a person.
template <class Code>
struct Known {
  Code code;
  Remedy remedy;
  const char* name;
  const char* next;  ///< May be empty.

  [[nodiscard]] Error error(std::string message) const {
    return {.remedy = remedy,
            .origin = Origin::stream,
            .name = name,
            .message = std::move(message),
            .next = next};
  }
};

/// The row of this code; null if there is none.
template <class Rows, class Code>
[[nodiscard]] const typename Rows::value_type* find_code(const Rows& rows, const Code& code) {
  const auto found = std::ranges::find_if(rows, [&](const auto& row) { return row.code == code; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace headwater::streams
