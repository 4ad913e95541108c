#include "src/json/member_reader.h"

#include <optional>
#include <utility>

namespace headwater {

MemberReader::MemberReader(const Json& json, std::string& wrong) : MemberReader(json, "", wrong) {
  if (!json.is_object() && wrong_.empty()) wrong_ = "not a JSON object";
}

MemberReader::MemberReader(const Json& json, std::string path, std::string& wrong)
    : json_(json), path_(std::move(path)), wrong_(wrong) {}

std::string MemberReader::text(std::string_view name) {
  return std::string(required(name, json_[name].text(), "not a text"));
}

std::uint64_t MemberReader::unsigned_integer(std::string_view name) {
  return required(name, json_[name].unsigned_integer(),
                  "not a whole number from 0 to 18446744073709551615");
}

bool MemberReader::boolean(std::string_view name) {
  return required(name, json_[name].boolean(), "neither true nor false");
}

MemberReader MemberReader::object(std::string_view name) {
  if (!json_[name].is_object()) reject(name, "not an object");
  return {json_[name], path_ + std::string(name) + ".", wrong_};
}

void MemberReader::reject(std::string_view name, std::string_view why) {
  if (!wrong_.empty()) return;
  wrong_.append(path_).append(name).append(" is ").append(has(name) ? why : "missing");
}

template <class Value>
Value MemberReader::required(std::string_view name, const std::optional<Value>& value,
                             std::string_view why) {
  if (!value) reject(name, why);
  return value.value_or(Value());
}

}  // namespace headwater
