// How the server writes bytes in JSON: {"$reql_type$":"BINARY","data":"AP8n"}.
#pragma once

#include <string>
#include <string_view>

namespace headwater::rethinkdb {

/// The base64 of `data` as everybody else writes it: the server breaks it into lines.
[[nodiscard]] inline std::string unbroken(std::string_view data) {
  std::string whole(data);
  std::erase_if(whole, [](char c) { return c == '\r' || c == '\n'; });
  return whole;
}

}  // namespace headwater::rethinkdb
