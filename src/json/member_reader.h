// Reads JSON that must have certain members of certain types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/json/json.h"

namespace headwater {

/// Each read either succeeds, or gives an empty value and says in `wrong` what is wrong, unless
/// something was wrong before. So the caller reads everything and looks into `wrong` once. `json`
/// and `wrong` must outlive it.
class MemberReader {
 public:
  MemberReader(const Json& json, std::string& wrong);

  std::string text(std::string_view name);
  std::uint64_t unsigned_integer(std::string_view name);
  bool boolean(std::string_view name);
  /// The members of an object among the members.
  MemberReader object(std::string_view name);

  [[nodiscard]] bool has(std::string_view name) const { return json_.contains(name); }
  const Json& operator[](std::string_view name) const { return json_[name]; }
  /// For what the caller finds wrong with a member: "not a point in time".
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
