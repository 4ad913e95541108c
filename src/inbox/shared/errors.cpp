#include "src/inbox/shared/errors.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace headwater::client::inbox {
namespace {

constexpr std::size_t longest_name = 50;
constexpr std::size_t longest_consumer = 200;
/// MongoDB's TTL index has no longer period.
constexpr std::chrono::seconds longest_keep{std::numeric_limits<std::int32_t>::max()};

std::string named(const InboxOptions& options) { return "the inbox '" + options.table + "'"; }

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_';
}

/// As src/base/consumer_name.h, which an inbox cannot know.
bool is_consumer_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_consumer &&
         name.find('\0') == std::string_view::npos;
}

Error bad_options(std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .name = "inbox.bad_options",
          .message = std::move(message),
          .next = std::move(next)};
}

std::string in_seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " s"; }

}  // namespace

Result<void> check_options(const InboxOptions& options, std::string_view letters) {
  const auto allowed = [&](char letter) {
    return is_plain(letter) || letters.find(letter) != std::string_view::npos;
  };
  const std::string& table = options.table;
  if (table.empty() || table.size() > longest_name || !std::ranges::all_of(table, allowed)) {
    return bad_options("an inbox cannot have the name '" + table + "'",
                       "set `table` to 1 to " + std::to_string(longest_name) +
                           " letters, digits and _" + std::string(letters));
  }
  if (!is_consumer_name(options.consumer)) {
    return bad_options(
        named(options) + " has a consumer whose name is empty, too long or contains NUL",
        "set `consumer` to the consumer's name, of at most " + std::to_string(longest_consumer) +
            " bytes");
  }
  if (options.keep < options.least_keep) {
    return Error{.remedy = Remedy::stop,
                 .name = "inbox.keep_too_short",
                 .message = named(options) + " would forget an id after " +
                            in_seconds(options.keep) + ", but the stream may repeat an event for " +
                            in_seconds(options.least_keep),
                 .next = "set `keep` to " + in_seconds(options.least_keep) + " or more"};
  }
  if (options.keep <= std::chrono::seconds(0) || options.keep > longest_keep) {
    return bad_options(named(options) + " cannot keep ids for " + in_seconds(options.keep),
                       "set `keep` to at least 1 s and at most " + in_seconds(longest_keep));
  }
  return {};
}

Result<void> check_about(const InboxOptions& options, const About& about) {
  if (about.format != std::to_string(format)) {
    return other_shape(options,
                       "it has format '" + about.format + "' instead of " + std::to_string(format));
  }
  if (about.consumer == options.consumer) return {};
  return Error{.remedy = Remedy::stop,
               .name = "inbox.other_consumer",
               .message = named(options) + " belongs to the consumer '" + about.consumer +
                          "', not to '" + options.consumer + "'",
               .next = "set `table` to a name of its own for the consumer '" + options.consumer +
                       "'; or, if the consumer was renamed, change the stored name as "
                       "docs/formats/inbox.md says"};
}

Error other_shape(const InboxOptions& options, const std::string& found) {
  return {.remedy = Remedy::stop,
          .name = "inbox.other_shape",
          .message = named(options) + " exists, but " + found,
          .next =
              "set `table` to another name, or change it into what docs/formats/inbox.md "
              "specifies"};
}

Error no_transaction(const InboxOptions& options, std::string_view how_to_begin) {
  return {.remedy = Remedy::stop,
          .name = "inbox.no_transaction",
          .message = named(options) + " was asked to claim events outside a transaction",
          .next = "begin a transaction first (" + std::string(how_to_begin) +
                  "), and apply the events in the same one"};
}

Error in_transaction(const InboxOptions& options, std::string_view call) {
  return {
      .remedy = Remedy::stop,
      .name = "inbox.in_transaction",
      .message = std::string(call) + " of " + named(options) + " was called inside a transaction",
      .next = "end the transaction first: " + std::string(call) + " has one of its own"};
}

Error database_error(const InboxOptions& options, Cause cause, std::string_view said) {
  const std::string message = named(options) + ": " + std::string(said);
  const auto retry = [&](std::string name, std::string next) {
    return Error{.remedy = Remedy::retry,
                 .name = std::move(name),
                 .message = message,
                 .next = std::move(next)};
  };
  switch (cause) {
    case Cause::busy:
      return retry("inbox.busy", "roll back, and run the whole transaction again");
    case Cause::read_only:
      return retry("inbox.read_only", "connect to a database that accepts writes");
    case Cause::full:
      return retry("inbox.full", "make room for the database; nothing was claimed");
    case Cause::connection:
      return retry("inbox.connection_lost", "connect again, and open the inbox on the connection");
    case Cause::denied:
      return {.remedy = Remedy::stop,
              .name = "inbox.denied",
              .message = message,
              .next = "grant the consumer's user the rights that docs/formats/inbox.md lists"};
    case Cause::other:
      break;
  }
  return {.remedy = Remedy::stop,
          .name = "inbox.failed",
          .message = message,
          .next = "look the database's message up in its manual"};
}

}  // namespace headwater::client::inbox
