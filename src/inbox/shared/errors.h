// The errors of an inbox. Each names the inbox, and says what to do.
#pragma once

#include <headwater/inbox/inbox.h>

#include <string>
#include <string_view>

namespace headwater::client::inbox {

/// Checks everything that does not need the database. `letters`: what the table's name may contain
/// besides letters, digits and `_`.
[[nodiscard]] Result<void> check_options(const InboxOptions& options,
                                         std::string_view letters = "");

/// The format of what is stored: docs/formats/inbox.md.
inline constexpr int format = 1;

/// What the database has stored about the inbox. Fails with `inbox.other_consumer` or
/// `inbox.other_shape`.
struct About {
  std::string format;
  std::string consumer;
};
[[nodiscard]] Result<void> check_about(const InboxOptions& options, const About& about);

/// `found`: what is wrong with it, after "but": "its columns are a, b".
[[nodiscard]] Error other_shape(const InboxOptions& options, const std::string& found);
[[nodiscard]] Error no_transaction(const InboxOptions& options, std::string_view how_to_begin);
[[nodiscard]] Error in_transaction(const InboxOptions& options, std::string_view call);

/// Why a database failed.
enum class Cause { busy, denied, read_only, full, connection, other };
/// `said`: the database's own words.
[[nodiscard]] Error database_error(const InboxOptions& options, Cause cause, std::string_view said);

}  // namespace headwater::client::inbox
