// One connection to a server: several queries at a time, told apart by their tokens. Its waits end
// with a stop request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/base/wake.h"
#include "src/network/transport.h"
#include "src/rethinkdb/answer.h"
#include "src/rethinkdb/frame.h"
#include "src/rethinkdb/handshake.h"

namespace headwater::rethinkdb {

/// An answer, with the text that it points into. Moved, it stays valid.
struct Reply {
  Answer answer{};
  std::unique_ptr<const std::string> text{};

  /// Whether the server has more.
  [[nodiscard]] bool partial() const { return answer.type == AnswerType::partial; }
};

/// All results of a query, which may have come in several answers. Moved, they stay valid.
struct Results {
  std::vector<std::string_view> values{};  ///< As in Answer.
  std::vector<std::unique_ptr<const std::string>> texts{};

  /// The only value; `null` if there is none.
  [[nodiscard]] std::string_view one() const { return values.empty() ? "null" : values.front(); }
};

struct ConnectionOptions {
  network::Place server{.host = "127.0.0.1", .port = 28'015};
  Credentials login{};
  std::optional<network::TlsFiles> tls{};
  Milliseconds connect_patience{10'000};
  /// How long an answer may take, and how long the server may pause in the middle of one.
  Milliseconds patience = std::chrono::hours(24);
  /// All results of one query, in bytes. The default is what no document is larger than that came
  /// in one query.
  std::size_t largest_answer = too_large_query;
};

/// One thread. After an error of the connection, a stop among them, is_open() is false, and nothing
/// else may be asked: an answer may still come. An answer that is an error leaves it open, and so do
/// results that are too large together. Errors have Origin::source; those of the connection, which
/// have no ErrorType, are
///   retry: `source.unavailable` (nobody listens; silent; closed, also in the middle of an answer),
///     `source.stopped`
///   stop: `source.untrusted`, `source.bad_certificate` (TLS), `source.answer_too_large`,
///     `source.bad_message`, and those of Handshake.
///
/// What it holds is bounded: the server sends only what was asked for, so each query that is under
/// way has at most one answer here that was not received, of `largest_answer` bytes at the most.
class Connection {
 public:
  /// Connects and logs in. Blocks for `connect_patience` at the most for each step, and also while
  /// the name is looked up, which a stop does not end.
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options,
                                                  const std::stop_token& stop);
  /// Closes the connection; the server drops what is under way.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool is_open() const { return open_; }
  /// "2.4.4"
  [[nodiscard]] const std::string& server_version() const { return server_version_; }

  /// Sends a query (query.h) and collects all of its results. Not for a feed, which has no end.
  Answered<Results> ask(std::string_view query, const std::stop_token& stop);

  /// The steps of it, for a feed: sends the query; its answers are received with the token.
  Result<Token> send(std::string_view query, const std::stop_token& stop);
  /// Waits for the next answer to the query, which must be under way, for `longest` at the most;
  /// nothing: it has not come yet, or a stop was requested, which is no error here. Keeps the
  /// answers to other queries for whoever receives them. An answer that is not partial() is the
  /// query's last; so is an error.
  Answered<std::optional<Reply>> receive(Token token, Milliseconds longest,
                                         const std::stop_token& stop);
  /// Asks for the next answer, after a partial one was received.
  Result<void> proceed(Token token, const std::stop_token& stop);
  /// Ends a query that may not be finished, and drops its answers. Blocks until the server has
  /// confirmed it.
  Result<void> end(Token token, const std::stop_token& stop);

  /// Whether a query is under way: its last answer has not been received.
  [[nodiscard]] bool knows(Token token) const { return queries_.contains(token); }

 private:
  /// One that is under way.
  struct Query {
    unsigned due = 0;  ///< Answers that must still come.
    std::deque<Reply> arrived{};
  };
  Connection(network::Transport transport, const ConnectionOptions& options);
  Result<void> log_in(const ConnectionOptions& options, const std::stop_token& stop);
  Result<void> send_frame(Token token, std::string_view query, const std::stop_token& stop);
  Result<void> send_bytes(std::string_view bytes, const std::stop_token& stop);
  /// Waits for bytes, and sorts the answers that they complete. Returns false if none came in time,
  /// or before a stop.
  Result<bool> hear(Milliseconds longest, const std::stop_token& stop);
  /// The bytes that arrive; none in the same cases.
  Result<std::string_view> receive_bytes(Milliseconds longest, const std::stop_token& stop);
  Result<void> sort(Frame frame);
  /// Gives the connection up because of the error.
  tl::unexpected<HeldError> lose(Error error);

  network::Transport transport_;
  std::string server_;  // for people
  Milliseconds patience_;
  std::size_t largest_answer_;
  FrameReader frames_;
  std::string buffer_;  // of the bytes that arrive
  std::chrono::steady_clock::time_point heard_at_;
  std::map<Token, Query> queries_;
  Token last_token_ = 0;
  std::string server_version_;
  Wake wake_;
  bool open_ = true;
};

}  // namespace headwater::rethinkdb
