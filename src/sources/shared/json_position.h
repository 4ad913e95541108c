// Reads a position that is a JSON object.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/json/member_reader.h"
#include "src/sources/shared/errors.h"

namespace headwater::sources {

/// How a source's errors describe its positions.
struct PositionWords {
  std::string_view source;  ///< "MongoDB".
  std::string_view next;    ///< What to do about a position that cannot be read.
};

/// `read(MemberReader&)` makes the result of the object's members. Fails with `source.bad_position`
/// if a member is not what `read` asked for.
template <class Read>
auto read_json_position(const Position& position, const PositionWords& words, const Read& read)
    -> Result<std::invoke_result_t<Read, MemberReader&>> {
  std::string wrong;
  const auto bad = [&] {
    return fail(bad_position_error(position, words.source, wrong, std::string(words.next)));
  };
  const auto json = Json::parse(position.token, wrong);
  if (!json) return bad();
  MemberReader members(*json, wrong);
  auto result = read(members);
  if (!wrong.empty()) return bad();
  return result;
}

}  // namespace headwater::sources
