// The command lines of the servers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// The name of the replica set of a server of this kind.
[[nodiscard]] std::string set_name(MongoKind kind);

struct Place {
  std::uint16_t port = 0;
  std::string data;      ///< An existing folder for its files.
  std::string key_file;  ///< If set, clients must log in. SecantusDB ignores its content.
  const Certificates* certificates = nullptr;
};

[[nodiscard]] std::vector<std::string> command_line(const MongoOptions& options,
                                                    const Place& place);

}  // namespace headwater::rig
