// How the servers' programs are called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// The name of the replica set that a server of this kind is in.
[[nodiscard]] std::string set_name(MongoKind kind);

struct Place {
  std::uint16_t port = 0;
  std::string data;      ///< The folder of its files, which exists.
  std::string key_file;  ///< With it, whoever comes has to log in. SecantusDB looks not into it.
  const Certificates* certificates = nullptr;
};

[[nodiscard]] std::vector<std::string> command_line(const MongoOptions& options,
                                                    const Place& place);

}  // namespace headwater::rig
