#include "testing/rethinkdb/stand_in/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace headwater::rethinkdb::stand_in {

void Log::replay(const std::function<void(const Json& line)>& apply) const {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    if (const auto json = Json::parse(line)) apply(*json);
  }
}

void Log::rewrite(std::string_view lines) {
  const std::filesystem::path next = path_.string() + ".new";
  file_ =
      Descriptor(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  append(lines);
  std::filesystem::rename(next, path_);
}

void Log::append(std::string_view lines) const {
  while (!lines.empty()) {
    const auto written = ::write(file_.get(), lines.data(), lines.size());
    if (written < 0) throw std::runtime_error("cannot write " + path_.string());
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace headwater::rethinkdb::stand_in
