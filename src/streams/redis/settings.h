// The settings of a Redis, and their effect on the guarantees.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/streams/redis/connection.h"

namespace headwater::redis {

/// The results of INFO and CONFIG GET, without what the user may not read.
class Settings {
 public:
  static Result<Settings> read(Connection& connection);
  /// Only those of memory. Fails with `stream.unauthorized` if the user may not read them.
  static Result<Settings> read_memory(Connection& connection);

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  /// Empty if it cannot be read.
  [[nodiscard]] std::string text(const std::string& name) const;
  /// 0 if it cannot be read.
  [[nodiscard]] std::uint64_t number(const std::string& name) const;

  void add(const std::string& name, std::string value) { values_[name] = std::move(value); }
  /// What INFO answers.
  void add_info(std::string_view text);

 private:
  std::map<std::string, std::string> values_;
};

/// What fits into memory until appends are refused; nothing: there is no limit, or Redis removes
/// something else first.
[[nodiscard]] std::optional<std::uint64_t> memory_left(const Settings& settings);

/// Version, role, durability, memory, replicas. A problem is a setting that breaks the guarantees;
/// `headwater init` rejects it.
[[nodiscard]] Report judge(const Settings& settings, std::uint32_t replicas_waited_for);

}  // namespace headwater::redis
