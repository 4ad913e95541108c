// A consumer of the inbox suite: a connection to the database, an inbox on it, and what is done for
// an event.
#pragma once

#include <headwater/inbox/inbox.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace headwater::testing {

/// One thread.
class InboxConnection {
 public:
  virtual ~InboxConnection() = default;

  /// Begins a transaction, and claims the events.
  virtual client::Result<std::vector<bool>> claim(std::span<const client::Delivery> deliveries,
                                                  std::uint64_t acknowledged) = 0;
  /// Inside the transaction: adds an effect of the event. Nothing hinders a second one.
  virtual client::Result<void> apply(const std::string& id) = 0;
  virtual client::Result<void> commit() = 0;
  /// Also after a failure.
  virtual void roll_back() = 0;
  virtual client::Result<bool> forget_some(std::uint64_t acknowledged) = 0;
};

using InboxOpened = client::Result<std::unique_ptr<InboxConnection>>;
/// Connects to the database at `address`, whose form is the rig's own.
using OpenInbox = InboxOpened (*)(const std::string& address, const client::InboxOptions& options);

/// Events first to last of one source. Owns what they point to.
class SampleEvents {
 public:
  SampleEvents(std::uint64_t first, std::uint64_t last);
  [[nodiscard]] std::span<const client::Delivery> all() const { return deliveries_; }
  [[nodiscard]] const std::string& id(std::size_t index) const { return ids_[index]; }

 private:
  std::vector<std::string> ids_;
  std::vector<client::Delivery> deliveries_;
};

/// "sample:7": the id of event 7.
[[nodiscard]] std::string sample_id(std::uint64_t number);

/// The main function of a child, a consumer that is killed at some step: between reading its place,
/// claiming, applying, committing, acknowledging and forgetting.
///
///   ADDRESS TABLE FILE EVENTS STEPS MICROSECONDS
///
/// Its place is in FILE. It ends at event EVENTS, or after STEPS steps and MICROSECONDS more with
/// SIGKILL. Returns the exit code: 1 after an error that does not pass, which is printed on stderr.
int inbox_child(OpenInbox open, const std::vector<std::string>& arguments);

}  // namespace headwater::testing
