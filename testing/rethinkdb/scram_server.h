// SCRAM-SHA-256, the server's half, with RethinkDB's words for what is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace headwater::rethinkdb {

struct Account {
  std::string user = "admin";
  std::string password{};
  std::uint32_t iterations = 4096;
  std::string salt = "sixteen bytes...";
};
using Accounts = std::vector<Account>;

/// What the server answers instead (src/clustering/administration/auth/authentication_error.hpp).
struct Refusal {
  int code = 0;
  std::string message;
};

/// One login. As in RethinkDB, a user who is not known is refused only by last().
class ScramServer {
 public:
  /// `nonce`: the server's part of it.
  ScramServer(Accounts accounts, std::string nonce);

  tl::expected<std::string, Refusal> first(std::string_view client_first);
  /// Once, after first().
  tl::expected<std::string, Refusal> last(std::string_view client_final);
  /// Who has logged in, after last().
  [[nodiscard]] const std::string& user() const { return account_.user; }

 private:
  Accounts accounts_;
  std::string nonce_;
  Account account_{};
  bool known_ = false;
  std::string said_;  // AuthMessage of RFC 5802, as far as it goes
};

}  // namespace headwater::rethinkdb
