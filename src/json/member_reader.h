// Reads JSON that must have certain members of certain types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/json/json.h"

namespace headwater {

/// A read that fails returns an empty value and sets `wrong`, unless an earlier read did. So the
/// caller reads everything and checks `wrong` once. `json` and `wrong` must outlive it.
class MemberReader {
 public:
  MemberReader(const Json& json, std::string& wrong);

  std::string text(std::string_view name);
  std::uint64_t unsigned_integer(std::string_view name);
  bool boolean(std::string_view name);
  /// Reads the members of a nested object.
  MemberReader object(std::string_view name);

  [[nodiscard]] bool has(std::string_view name) const { return json_.contains(name); }
  const Json& operator[](std::string_view name) const { return json_[name]; }
  /// Reports an error that the caller found in a member: "not a point in time".
  void reject(std::string_view name, std::string_view why);

 private:
  MemberReader(const Json& json, std::string path, std::string& wrong);
  template <class Value>
  Value required(std::string_view name, const std::optional<Value>& value, std::string_view why);

  const Json& json_;
  std::string path_;  ///< Before a member's name: "snapshot.".
  std::string& wrong_;
};

}  // namespace headwater
