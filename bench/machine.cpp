#include "bench/machine.h"

#include <sqlite3.h>
#include <sys/utsname.h>

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

namespace headwater::bench {
namespace {

/// The value of the first line "NAME<spaces>SEPARATOR VALUE" in a file of /proc or /etc.
std::string look_up(const char* file, std::string_view name, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find(separator);
    if (!line.starts_with(name) || at == std::string::npos) continue;
    const auto value = line.find_first_not_of(" \t\"", at + 1);
    if (value == std::string::npos) continue;
    return line.substr(value, line.find_last_not_of(" \t\"") + 1 - value);
  }
  return "unknown";
}

/// The file system of `folder`, such as "ext4 on /dev/vda": the mount with the longest matching
/// path.
std::string file_system(const std::filesystem::path& folder) {
  std::ifstream in("/proc/self/mounts");
  std::string best = "unknown";
  std::size_t longest = 0;
  const std::string path = std::filesystem::absolute(folder).string() + "/";
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string device;
    std::string mount;
    std::string type;
    words >> device >> mount >> type;
    const std::string below = mount == "/" ? mount : mount + "/";
    if (!path.starts_with(below) || below.size() < longest) continue;
    longest = below.size();
    best = type.append(" on ").append(device);
  }
  return best;
}

std::string memory() {
  std::istringstream total(look_up("/proc/meminfo", "MemTotal", ':'));
  double kibibytes = 0;
  total >> kibibytes;
  std::ostringstream out;
  out.precision(1);
  out << std::fixed << kibibytes / 1024 / 1024 << " GiB";
  return out.str();
}

}  // namespace

std::vector<std::string> describe_machine(const std::filesystem::path& folder) {
  utsname system{};
  uname(&system);
  return {
      "processor: " + look_up("/proc/cpuinfo", "model name", ':') + ", " +
          std::to_string(std::thread::hardware_concurrency()) + " cores, " + memory() + " memory",
      "system: " + look_up("/etc/os-release", "PRETTY_NAME", '=') + ", " + system.sysname + " " +
          system.release + " " + system.machine,
      "files: " + file_system(folder) + " (" + std::filesystem::absolute(folder).string() + ")",
      std::string("built with: SQLite ") + sqlite3_libversion() + ", g++ " + __VERSION__,
  };
}

}  // namespace headwater::bench
