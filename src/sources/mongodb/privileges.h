// What a relay needs the right to do, and what of it the user may not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

struct Privilege {
  std::string action;        ///< "changeStream"
  bool cluster = false;      ///< Of the cluster; else of these:
  std::string database{};    ///< Empty: any.
  std::string collection{};  ///< Empty: any, but the server's own.
  bool needed = true;        ///< False: only some findings of `check` go without it.
  std::string purpose{};     ///< "to see how far the oplog reaches"

  /// "changeStream on shop.orders"
  [[nodiscard]] std::string words() const;
};

/// https://www.mongodb.com/docs/manual/changeStreams/#access-control, and what else is asked for.
[[nodiscard]] std::vector<Privilege> privileges_for(const SourceOptions& options);

/// What connectionStatus says about the user who is logged in.
class Granted {
 public:
  static Result<Granted> ask(Connection& connection);

  /// Nobody has to log in, or nobody has.
  [[nodiscard]] bool unrestricted() const { return !user_; }
  [[nodiscard]] const std::string& user() const { return *user_; }
  [[nodiscard]] bool has(const Privilege& privilege) const;

 private:
  Granted(Doc reply, std::optional<std::string> user);
  Doc reply_;
  std::optional<std::string> user_;
};

}  // namespace headwater::mongodb
