// Has the journal forget what is in the stream, while other queries go on.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// What a release has done, durably.
struct Forgotten {
  std::uint64_t released = 0;  ///< Registration::released since then.
  std::vector<Taken> taken{};
};

class Releases {
 public:
  /// `session` must outlive it.
  explicit Releases(Session& session) : session_(&session) {}

  /// Sends it, or has it wait for the one before. Does not block.
  /// `told`: of the position up to which the stream has them.
  Result<void> begin(const TableNames& table, std::vector<Taken> taken, std::uint64_t told);
  [[nodiscard]] bool in_progress() const { return sent_.has_value(); }
  /// Once, before the first one: who releases.
  void set_name(std::string by) { by_ = std::move(by); }
  [[nodiscard]] const std::string& name() const { return by_; }
  /// The release in progress, if it is done within `longest`; then what has waited for it is sent.
  Result<std::optional<Forgotten>> next(Milliseconds longest, const std::stop_token& stop);
  /// The connection is gone. The server does them or not.
  void drop() {
    sent_.reset();
    waiting_.clear();
  }

 private:
  struct Sent {
    Token token;
    std::vector<Taken> taken;
  };
  Session* session_;
  TableNames table_;
  std::optional<Sent> sent_;
  std::vector<Taken> waiting_;
  std::uint64_t told_ = 0;
  std::string by_;
};

}  // namespace headwater::rethinkdb
