#include "src/rethinkdb/connection.h"

#include <algorithm>
#include <span>
#include <utility>

#include "src/base/invariant.h"
#include "src/ports/stopped.h"
#include "src/rethinkdb/query.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::size_t read_at_once = std::size_t{64} << 10U;
constexpr Milliseconds forever = std::chrono::hours(24);

using Moment = std::chrono::steady_clock::time_point;

/// What is left of a span that began then; 0 to a day, which is less than poll()'s limit.
Milliseconds left_of(Milliseconds span, Moment since) {
  const auto spent =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - since);
  return std::clamp(span - spent, Milliseconds(0), forever);
}

std::string name_of(const network::Place& place) {
  return place.host + ":" + std::to_string(place.port);
}

Error silent(Milliseconds since, const char* when) {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.unavailable",
          .message = "rethinkdb: silent for " + std::to_string(since.count()) + " ms" + when,
          .next = "check the server, and the network to it"};
}

/// An error of network::Transport.
Error of_network(Error error) {
  error.origin = Origin::source;
  error.message = "rethinkdb: " + error.message;
  if (error.name == "network.woken") return stopped(Origin::source);
  if (error.name == "network.bad_certificate") {
    error.name = "source.bad_certificate";
    return error;
  }
  if (error.name == "network.untrusted") {
    error.name = "source.untrusted";
    error.next =
        "name the authority that signed its certificate: tls.ca; or leave `tls` out if "
        "the server has none";
    return error;
  }
  if (error.next.empty()) {
    error.next = error.name == "network.unreachable" ? "start the server, or correct `host`"
                                                     : "check the server, and the network to it";
  }
  error.name = "source.unavailable";
  return error;
}

Error of_login(Error error) {
  if (error.name == "network.closed" || error.name == "network.broken") {
    error.next = "check the server's log; if it wants TLS on this port, set `tls`";
  }
  return of_network(std::move(error));
}

}  // namespace

Connection::Connection(network::Transport transport, const ConnectionOptions& options)
    : transport_(std::move(transport)),
      server_(name_of(options.server)),
      patience_(options.patience),
      largest_answer_(options.largest_answer),
      frames_(options.largest_answer),
      buffer_(read_at_once, '\0'),
      heard_at_(std::chrono::steady_clock::now()) {}

Connection::~Connection() { transport_.close(); }

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options,
                                                     const std::stop_token& stop) {
  const Wake wake;
  const std::stop_callback stopping(stop, [&wake] { wake.signal(); });
  auto transport = network::Transport::connect(
      options.server, options.tls, {.patience = options.connect_patience, .wake = wake.get()});
  if (!transport) {
    Error error = of_network(std::move(transport.error()));
    error.message += " (" + name_of(options.server) + ")";
    return fail(std::move(error));
  }
  std::unique_ptr<Connection> made(new Connection(*std::move(transport), options));
  if (auto done = made->log_in(options, stop); !done) return failed(done);
  return made;
}

Result<void> Connection::log_in(const ConnectionOptions& options, const std::stop_token& stop) {
  Handshake handshake(options.login, new_nonce());
  if (auto sent = send_bytes(handshake.begin(), stop); !sent) return sent;
  while (!handshake.done()) {
    auto bytes = receive_bytes(options.connect_patience, stop);
    if (!bytes) return lose(of_login(std::move(bytes.error())));
    if (stop.stop_requested()) return lose(stopped(Origin::source));
    if (bytes->empty()) return lose(silent(options.connect_patience, " in the login"));
    while (!bytes->empty()) {
      if (handshake.done()) return lose(bad_message("an answer came before a query"));
      auto answer = handshake.take(*bytes);
      if (!answer) return lose(std::move(answer.error()));
      if (answer->empty()) continue;
      if (auto sent = send_bytes(*answer, stop); !sent) return sent;
    }
  }
  server_version_ = handshake.server_version();
  return {};
}

Answered<Results> Connection::ask(std::string_view query, const std::stop_token& stop) {
  auto token = send(query, stop);
  if (!token) return tl::unexpected(Failure{std::move(token.error())});
  const auto lost = [](Result<void>& result) {
    return tl::unexpected(Failure{std::move(result.error())});
  };
  Results results;
  for (std::size_t size = 0;;) {
    auto reply = receive(*token, patience_, stop);
    if (!reply) return tl::unexpected(std::move(reply.error()));
    if (!*reply) {
      Result<void> why =
          lose(stop.stop_requested() ? stopped(Origin::source) : silent(patience_, ""));
      return lost(why);
    }
    const auto& values = (*reply)->answer.results;
    results.values.insert(results.values.end(), values.begin(), values.end());
    size += (*reply)->text->size();
    const bool more = (*reply)->partial();
    results.texts.push_back(std::move((*reply)->text));
    if (!more) return results;
    if (size >= largest_answer_) {
      if (auto ended = end(*token, stop); !ended) return lost(ended);
      return tl::unexpected(Failure{too_large(size, largest_answer_)});
    }
    if (auto asked = proceed(*token, stop); !asked) return lost(asked);
  }
}

Result<Token> Connection::send(std::string_view query, const std::stop_token& stop) {
  const Token token = ++last_token_;
  if (auto sent = send_frame(token, query, stop); !sent) return failed(sent);
  return token;
}

Result<void> Connection::proceed(Token token, const std::stop_token& stop) {
  const auto query = queries_.find(token);
  invariant(query != queries_.end() && query->second.due == 0 && query->second.arrived.empty(),
            "a query is continued after a partial answer");
  return send_frame(token, query::proceed, stop);
}

Result<void> Connection::end(Token token, const std::stop_token& stop) {
  if (!knows(token)) return {};
  // Every query that was sent is answered, also a STOP that comes too late, with an error then.
  if (auto sent = send_frame(token, query::stop, stop); !sent) return sent;
  while (queries_[token].due > 0) {
    auto heard = hear(patience_, stop);
    if (!heard) return failed(heard);
    if (stop.stop_requested()) return lose(stopped(Origin::source));
    if (!*heard) return lose(silent(patience_, " after a STOP"));
  }
  queries_.erase(token);
  return {};
}

Answered<std::optional<Reply>> Connection::receive(Token token, Milliseconds longest,
                                                   const std::stop_token& stop) {
  const auto query = queries_.find(token);
  invariant(query != queries_.end(), "an answer is awaited to a query that is under way");
  const auto since = std::chrono::steady_clock::now();
  while (query->second.arrived.empty()) {
    auto heard = hear(left_of(longest, since), stop);
    if (!heard) return tl::unexpected(Failure{std::move(heard.error())});
    if (!*heard) return std::nullopt;
  }
  Reply reply = std::move(query->second.arrived.front());
  query->second.arrived.pop_front();
  if (!reply.partial()) queries_.erase(query);
  if (reply.answer.is_error()) return tl::unexpected(failure_of(reply.answer));
  return std::optional(std::move(reply));
}

Result<void> Connection::send_frame(Token token, std::string_view query,
                                    const std::stop_token& stop) {
  std::string bytes;
  bytes.reserve(frame_header_size + query.size());
  append_frame(bytes, token, query);
  ++queries_[token].due;
  return send_bytes(bytes, stop);
}

Result<void> Connection::send_bytes(std::string_view bytes, const std::stop_token& stop) {
  invariant(open_, "a connection that is lost is not used");
  wake_.drain();
  const std::stop_callback stopping(stop, [this] { wake_.signal(); });
  const Milliseconds patience = std::min(patience_, forever);
  auto sent = transport_.send(bytes, {.patience = patience, .wake = wake_.get()});
  if (!sent) return lose(of_network(std::move(sent.error())));
  return {};
}

Result<bool> Connection::hear(Milliseconds longest, const std::stop_token& stop) {
  const bool in_frame = frames_.in_frame();
  const Milliseconds pause = left_of(patience_, heard_at_);
  auto bytes = receive_bytes(in_frame ? std::min(longest, pause) : longest, stop);
  if (!bytes) {
    Error error = of_network(std::move(bytes.error()));
    if (in_frame) error.message += " in the middle of an answer";
    return lose(std::move(error));
  }
  if (bytes->empty()) {
    if (!in_frame || pause > longest || stop.stop_requested()) return false;
    return lose(silent(patience_, " in the middle of an answer"));
  }
  while (!bytes->empty()) {
    auto frame = frames_.take(*bytes);
    if (!frame) return lose(std::move(frame.error()));
    if (!*frame) break;
    if (auto sorted = sort(**std::move(frame)); !sorted) return failed(sorted);
  }
  return true;
}

/// The error is the transport's.
Result<std::string_view> Connection::receive_bytes(Milliseconds longest,
                                                   const std::stop_token& stop) {
  invariant(open_, "a connection that is lost is not used");
  wake_.drain();
  const std::stop_callback stopping(stop, [this] { wake_.signal(); });
  auto got = transport_.receive(buffer_, {.patience = longest, .wake = wake_.get()});
  if (!got && got.error().name == "network.silent") return std::string_view();
  if (!got) return failed(got);
  if (*got > 0) heard_at_ = std::chrono::steady_clock::now();
  return std::string_view(buffer_).substr(0, *got);
}

Result<void> Connection::sort(Frame frame) {
  const auto query = queries_.find(frame.token);
  if (query == queries_.end() || query->second.due == 0) {
    return lose(bad_message("an answer came to a query that waits for none"));
  }
  Reply reply{.text = std::make_unique<const std::string>(std::move(frame.json))};
  auto answer = decode_answer(*reply.text);
  if (!answer) return lose(std::move(answer.error()));
  reply.answer = *std::move(answer);
  --query->second.due;
  query->second.arrived.push_back(std::move(reply));
  return {};
}

tl::unexpected<HeldError> Connection::lose(Error error) {
  open_ = false;
  transport_.close();
  error.message += " (" + server_ + ")";
  return fail(std::move(error));
}

}  // namespace headwater::rethinkdb
