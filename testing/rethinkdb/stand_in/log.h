// The file behind the tables: one line of JSON for each thing that has happened.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "src/base/descriptor.h"
#include "src/json/json.h"

namespace headwater::rethinkdb::stand_in {

/// What was appended survives the process, but not the machine: nothing is synced. Throws
/// std::runtime_error if the file cannot be written.
class Log {
 public:
  explicit Log(const std::filesystem::path& folder) : path_(folder / "log") {}

  /// Calls it for each line so far. A last line that a death cut short is none.
  void replay(const std::function<void(const Json& line)>& apply) const;
  /// Begins a new file with these lines.
  void rewrite(std::string_view lines);
  void append(std::string_view lines) const;

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace headwater::rethinkdb::stand_in
