// What a relay needs the right to do, and what of it the user may not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// In quotes, as the database's own shell reads it.
[[nodiscard]] std::string shell_text(std::string_view text);

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
[[nodiscard]] std::vector<Privilege> privileges_for(const SourceOptions& options,
                                                    const ServerFacts& facts);

/// For claims to lead, in the collection that they are in (standby_collection.h) of `database`.
[[nodiscard]] std::vector<Privilege> claim_privileges(const std::string& database);

/// The privileges that connectionStatus reports for the user who is logged in.
class Granted {
 public:
  static Result<Granted> ask(Connection& connection);
  /// The reply to connectionStatus with showPrivileges.
  explicit Granted(Doc reply) : reply_(std::move(reply)) {}

  /// No user has logged in; perhaps none has to.
  [[nodiscard]] bool no_user() const;
  /// The user has roles, and the server does not say what they allow.
  [[nodiscard]] bool unknown() const;
  [[nodiscard]] std::string user() const;
  [[nodiscard]] bool has(const Privilege& privilege) const;

  /// The commands of mongosh that grant these, by way of a role `headwater`.
  [[nodiscard]] std::string commands_for(const std::vector<Privilege>& missing) const;

 private:
  Doc reply_;
};

}  // namespace headwater::mongodb
