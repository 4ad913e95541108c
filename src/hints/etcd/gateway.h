// etcd's JSON gateway: the calls of its gRPC interface, version 3, as POSTs of JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/hints/etcd/errors.h"
#include "src/hints/etcd/etcd.h"
#include "src/http/client.h"
#include "src/json/json.h"

namespace headwater::etcd {

/// Talks to the member that answered last, and logs in when etcd wants that. `options` must outlive
/// it. One thread. Calls block for twice `patience` at the most if members are silent, and end early
/// when `stop` is requested.
class Gateway {
 public:
  explicit Gateway(const Options& options);

  /// `path`: "/v3/kv/range". Returns the answer's object.
  Result<Json> call(const std::string& path, const Json& body, const std::stop_token& stop);
  /// "3.4.23". Needs no login.
  Result<std::string> version(const std::stop_token& stop);

  /// Of the member that the last call asked.
  [[nodiscard]] const std::string& address() const;

 private:
  struct Reply {
    Json json;
    std::optional<Complaint> complaint{};
  };
  Result<void> log_in(const std::stop_token& stop);
  Result<Reply> ask(const std::string& path, const std::optional<Json>& body,
                    const std::stop_token& stop);
  Result<Reply> ask_member(const std::string& path, const std::optional<Json>& body,
                           const std::stop_token& stop);
  Result<http::Answer> exchange(const std::string& path, const std::optional<Json>& body,
                                const std::stop_token& stop);

  const Options* options_;
  std::vector<std::optional<http::Client>> clients_;  // of the endpoints; connected when needed
  std::size_t member_ = 0;
  std::optional<std::string> token_;  // empty: this etcd has no users
};

}  // namespace headwater::etcd
