#include "src/serve/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>

namespace headwater::serve {
namespace {

// Limit of a body that is read and dropped. Closing a connection with unread bytes resets it, and a
// reset may overtake the answer.
constexpr std::size_t most_discarded_bytes = 65'536;
constexpr std::size_t most_pieces_at_once = 16;
// Then others have their turn.
constexpr int most_steps_at_once = 32;

constexpr Refusal not_http{400, "serve.not_http", "not HTTP/1.1", "send an HTTP/1.1 request"};
constexpr Refusal long_head{431, "serve.head_too_large", "too many headers",
                            "send a shorter address and fewer headers"};
constexpr Refusal no_length{411, "serve.no_length", "the length of the body is not clear",
                            "send the body with one Content-Length, and no Transfer-Encoding"};
constexpr Refusal long_body{413, "serve.body_too_large", "the body is too large",
                            "send a smaller body"};
constexpr Refusal too_many{503, "serve.too_many_clients", "too many clients are connected",
                           "try again later, or raise serve.clients"};

}  // namespace

Answer refuse_in_text(const Refusal& refusal) {
  return {
      .status = refusal.status, .type = plain_text, .body = std::string(refusal.message) + "\n"};
}

Connection::Connection(Channel channel, const Service& service, bool full, SteadyTime now)
    : channel_(std::move(channel)),
      service_(&service),
      full_(full),
      end_(service.limits.life ? now + *service.limits.life : SteadyTime::max()),
      since_(now) {}

short Connection::events() const {
  if (state_ != State::replying) {
    return state_ == State::receiving && channel_.waits_for() == POLLOUT ? POLLOUT : POLLIN;
  }
  // Whoever closes during an unfinished reply does not want the rest.
  const short closed = replied_ ? short{0} : short{POLLRDHUP};
  if (out_.empty()) return closed;
  return static_cast<short>(closed | (channel_.waits_for() == POLLIN ? POLLIN : POLLOUT));
}

SteadyTime Connection::deadline() const {
  const ConnectionLimits& limits = service_->limits;
  switch (state_) {
    case State::receiving:
      return std::min(end_, since_ + limits.request);
    case State::replying:
      return out_.empty() ? end_ : std::min(end_, since_ + limits.stalled);
    case State::closing:
      break;
  }
  return std::min(end_, since_ + limits.request);
}

SteadyTime Connection::wake_at() const {
  if (again_) return SteadyTime::min();
  const bool asks = state_ == State::replying && out_.empty() && reply_ && !replied_;
  return asks ? std::min(deadline(), reply_->wake_at()) : deadline();
}

bool Connection::go_on(short revents, SteadyTime now) {
  again_ = false;
  if (state_ == State::replying && (revents & (POLLERR | POLLHUP | POLLRDHUP)) != 0) return false;
  for (int steps = 0; steps < most_steps_at_once; ++steps) {
    Step step = Step::over;
    switch (state_) {
      case State::receiving:
        step = receive(now);
        break;
      case State::replying:
        step = reply(now);
        break;
      case State::closing:
        step = discard();
        break;
    }
    if (step == Step::over) return false;
    if (step == Step::waits) return deadline() > now;
  }
  again_ = true;
  return deadline() > now;
}

Connection::Step Connection::receive(SteadyTime now) {
  if (take_request(now)) return Step::on;
  std::array<char, 8192> part{};
  const auto size = channel_.receive(part);
  if (!size) return Step::over;
  if (*size == 0) return Step::waits;
  in_.append(part.data(), *size);
  return Step::on;
}

bool Connection::take_request(SteadyTime now) {
  if (request_) return take_body(now);
  // Empty lines before a request are to be ignored.
  const std::size_t empty = std::min(in_.find_first_not_of("\r\n"), in_.size());
  in_.erase(0, empty);
  empty_bytes_ += empty;
  const std::size_t end = in_.find("\r\n\r\n");
  const std::size_t most = service_->limits.head_bytes;
  if (end == std::string::npos && empty_bytes_ + in_.size() < most) return false;
  if (end == std::string::npos || empty_bytes_ + end > most) {
    refuse(long_head);
    return true;
  }
  return take_head(std::string_view(in_).substr(0, end), now);
}

bool Connection::take_head(std::string_view head, SteadyTime now) {
  request_ = parse_head(head);
  in_.erase(0, head.size() + 4);
  empty_bytes_ = 0;
  if (!request_) {
    refuse(not_http);
  } else if (full_) {
    refuse(too_many);
  } else if (!service_->limits.body_bytes) {
    begin(now);
  } else {
    const auto length = body_length(*request_);
    if (length && *length <= *service_->limits.body_bytes) {
      body_ = *length;
      const std::string* const expects = request_->header("expect");
      if (expects != nullptr && in_.size() < body_) {
        out_.add("HTTP/1.1 100 Continue\r\n\r\n");
        // What the socket does not take now goes out before the reply.
        static_cast<void>(send(now));
      }
      return take_body(now);
    }
    refuse(length ? long_body : no_length);
  }
  return true;
}

bool Connection::take_body(SteadyTime now) {
  if (in_.size() < body_) return false;
  request_->body = in_.substr(0, body_);
  in_.erase(0, body_);
  keeps_ = wants_more(*request_);
  begin(now);
  return true;
}

void Connection::begin(SteadyTime now) {
  request_->arrived = now;
  reply_ = service_->handle(*std::move(request_), keeps_);
  request_.reset();
  replied_ = false;
  since_ = now;
  state_ = State::replying;
}

void Connection::refuse(const Refusal& refusal) {
  request_.reset();
  in_.clear();
  keeps_ = false;
  reply_ = std::make_unique<ReadyReply>(service_->refuse(refusal), true, false);
  state_ = State::replying;
}

Connection::Step Connection::reply(SteadyTime now) {
  const std::size_t room = service_->limits.unsent_bytes;
  const bool was_empty = out_.empty();
  if (!replied_ && out_.size() < room) {
    const Reply::Next next = reply_->go_on(out_, room - out_.size(), now);
    replied_ = next != Reply::Next::waits;
    if (next == Reply::Next::closes) keeps_ = false;
  }
  if (was_empty) since_ = now;
  if (!out_.empty()) {
    const auto sent = send(now);
    if (!sent) return Step::over;
    return *sent ? Step::on : Step::waits;
  }
  if (!replied_) return Step::waits;
  reply_.reset();
  since_ = now;
  if (keeps_) {
    state_ = State::receiving;
  } else {
    channel_.finish();
    state_ = State::closing;
  }
  return Step::on;
}

/// Returns whether something was sent; nothing if the connection is broken.
std::optional<bool> Connection::send(SteadyTime now) {
  std::array<iovec, most_pieces_at_once> pieces{};
  const std::size_t count = out_.fill(pieces);
  const auto sent = channel_.send(std::span(pieces).first(count));
  if (!sent) return std::nullopt;
  if (*sent == 0) return false;
  out_.drop(*sent);
  since_ = now;
  return true;
}

Connection::Step Connection::discard() {
  std::array<char, 8192> part{};
  const auto size = channel_.receive(part);
  if (!size) return Step::over;
  if (*size == 0) return Step::waits;
  discarded_ += *size;
  return discarded_ < most_discarded_bytes ? Step::on : Step::over;
}

}  // namespace headwater::serve
