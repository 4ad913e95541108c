#include "testing/mongodb/programs.h"

#include <unistd.h>

#include <cstdlib>

namespace headwater::rig {
namespace {

bool runs(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string secantus_program() {
  std::string path = from_environment("HEADWATER_SECANTUS");
  if (path.empty()) path = HEADWATER_SECANTUS_HERE;
  if (!runs(path)) {
    give_up("there is no " + path + "; install it: ./dev servers");
  }
  return path;
}

std::optional<std::string> real_mongod() {
  const std::string named = from_environment("HEADWATER_MONGOD");
  if (!named.empty()) {
    if (!runs(named)) give_up("HEADWATER_MONGOD is not a program that runs: " + named);
    return named;
  }
  return find_server("mongod");
}

}  // namespace headwater::rig
