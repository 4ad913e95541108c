// How a server answers: at once, later, or for as long as the client listens.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/serve/outgoing.h"
#include "src/serve/request.h"

namespace headwater::serve {

/// The type of an answer that is words for a person.
inline constexpr const char* plain_text = "text/plain; charset=utf-8";

struct Answer {
  int status = 200;
  std::string type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Besides the usual ones.
};

/// The answer's bytes. `with_body` is false for HEAD, `keeps` if the connection stays open.
[[nodiscard]] std::string to_bytes(const Answer& answer, bool with_body, bool keeps);
/// The head of a body that ends with the connection.
[[nodiscard]] std::string endless_head(const Answer& answer);

/// The answer to one request. Only the server's thread uses it, so no call may block.
class Reply {
 public:
  virtual ~Reply() = default;

  enum class Next {
    waits,   ///< Nothing more for now.
    ends,    ///< That was all; the connection may serve another request.
    closes,  ///< That was all, and the connection's end is the end of the body.
  };
  /// Adds what there is to `to`, of which about `room` bytes are still free. Called again whenever
  /// there is room: after a wake(), and at wake_at().
  [[nodiscard]] virtual Next go_on(Outgoing& to, std::size_t room, SteadyTime now) = 0;
  [[nodiscard]] virtual SteadyTime wake_at() const { return SteadyTime::max(); }
};

/// Returns the reply to a request. `keeps` as in to_bytes(). Must not block for long.
using Handle = std::function<std::unique_ptr<Reply>(Request request, bool keeps)>;

/// An answer that is known at once.
class ReadyReply final : public Reply {
 public:
  ReadyReply(const Answer& answer, bool with_body, bool keeps)
      : bytes_(to_bytes(answer, with_body, keeps)), keeps_(keeps) {}
  Next go_on(Outgoing& to, std::size_t /*room*/, SteadyTime /*now*/) override {
    to.add(std::move(bytes_));
    return keeps_ ? Next::ends : Next::closes;
  }

 private:
  std::string bytes_;
  bool keeps_;
};

}  // namespace headwater::serve
