// How a Redis is set up, and what that means for the promise.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/streams/redis/connection.h"

namespace headwater::redis {

/// What INFO and CONFIG GET tell. What a user may not see is not in it.
class Settings {
 public:
  static Result<Settings> read(Connection& connection);

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  /// Empty if it cannot be seen.
  [[nodiscard]] std::string text(const std::string& name) const;
  /// 0 if it cannot be seen.
  [[nodiscard]] std::uint64_t number(const std::string& name) const;

  void add(const std::string& name, std::string value) { values_[name] = std::move(value); }

 private:
  std::map<std::string, std::string> values_;
};

/// Version, role, durability, memory, replicas. Problems are what breaks the promise; `headwater
/// init` refuses those.
[[nodiscard]] Report judge(const Settings& settings, std::uint32_t replicas_waited_for);

}  // namespace headwater::redis
