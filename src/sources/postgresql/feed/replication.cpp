#include "src/sources/postgresql/feed/replication.h"

#include <chrono>
#include <utility>

namespace headwater::postgresql {
namespace {

// https://www.postgresql.org/docs/15/protocol-replication.html
constexpr char data_kind = 'w';
constexpr char keepalive_kind = 'k';
constexpr char status_kind = 'r';
constexpr std::size_t data_head = 25;
constexpr std::size_t keepalive_size = 18;

std::uint64_t number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + sizeof number; ++i) {
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

void append_number(std::string& to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    to += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xffU);
  }
}

/// PostgreSQL counts from 2000. It only shows this time to people.
std::uint64_t microseconds_now() {
  constexpr std::chrono::sys_days epoch = std::chrono::year(2000) / 1 / 1;
  const auto span = std::chrono::system_clock::now() - epoch;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

Failure bad_message() {
  return {.error = {.remedy = Remedy::retry,
                    .origin = Origin::source,
                    .name = "source.bad_message",
                    .message = "PostgreSQL sent something that is not a replication message"},
          .state = {}};
}

}  // namespace

Answered<Replication> Replication::start(std::unique_ptr<Connection> connection,
                                         const Options& options, Lsn from,
                                         const std::stop_token& stop) {
  std::string command = "START_REPLICATION SLOT " + quote_name(options.slot) + " LOGICAL " +
                        text_of(from) + " (proto_version '1', publication_names " +
                        quote_text(quote_name(options.publication));
  if (options.messages) command += ", messages 'true'";
  return start(std::move(connection), command + ")", stop);
}

Answered<Replication> Replication::start(std::unique_ptr<Connection> connection,
                                         const std::string& command, const std::stop_token& stop) {
  auto started = connection->command(command, stop);
  if (!started) return tl::unexpected(std::move(started.error()));
  return Replication(std::move(connection));
}

Answered<std::optional<Received>> Replication::next() {
  PGconn* const connection = connection_->get();
  for (bool looked = false;; looked = true) {
    char* bytes = nullptr;
    const int size = PQgetCopyData(connection, &bytes, 1);
    bytes_.reset(bytes);
    if (size > 0) return parsed({bytes, static_cast<std::size_t>(size)});
    if (size == -2) return tl::unexpected(failure_of(*connection));
    if (size == -1) {
      // The server has ended it, and says why.
      PGresult* const result = PQgetResult(connection);
      if (result == nullptr) return tl::unexpected(failure_of(*connection));
      const Answer last(result);
      return tl::unexpected(failure_of(last.get()));
    }
    if (looked) return std::optional<Received>();
    if (PQconsumeInput(connection) == 0) return tl::unexpected(failure_of(*connection));
  }
}

Answered<std::optional<Received>> Replication::parsed(std::string_view bytes) const {
  if (bytes[0] == data_kind && bytes.size() > data_head) {
    return Received{.record = number_at(bytes, 1), .message = bytes.substr(data_head)};
  }
  if (bytes[0] == keepalive_kind && bytes.size() == keepalive_size) {
    return Received{.end = number_at(bytes, 1), .reply_wanted = bytes.back() != 0};
  }
  return tl::unexpected(bad_message());
}

Result<void> Replication::report(Lsn received, Lsn flushed, bool reply) {
  std::string status(1, status_kind);
  append_number(status, received);
  append_number(status, flushed);
  append_number(status, flushed);
  append_number(status, microseconds_now());
  status += reply ? '\1' : '\0';
  PGconn* const connection = connection_->get();
  if (PQputCopyData(connection, status.data(), static_cast<int>(status.size())) <= 0 ||
      PQflush(connection) < 0) {
    return fail(failure_of(*connection).error);
  }
  return {};
}

}  // namespace headwater::postgresql
