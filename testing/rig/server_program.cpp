#include "testing/rig/server_program.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace headwater::rig {

std::optional<std::string> find_server(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":" + HEADWATER_SERVERS +
                             "/usr/bin:" + HEADWATER_SERVERS + "/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/" + name;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

std::string server_program(const std::string& name) {
  if (auto found = find_server(name)) return *found;
  give_up("there is no " + name + "; install it: ./dev servers");
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

}  // namespace headwater::rig
