#include "src/streams/nats/errors.h"

#include <array>

namespace headwater::nats {
namespace {

using JetstreamsCode = streams::Known<int>;
using LibrarysCode = streams::Known<natsStatus>;

/// https://github.com/nats-io/nats-server/blob/v2.9.10/server/errors.json
constexpr std::array jetstreams_codes{
    JetstreamsCode{
        10002, Remedy::retry, "stream.disk_full",
        "give the account more room: its jetstream limits in the server's configuration"},
    JetstreamsCode{10023, Remedy::retry, "stream.disk_full",
                   "give JetStream more room: max_file_store in the server's configuration; df -h"},
    JetstreamsCode{10028, Remedy::retry, "stream.disk_full",
                   "give JetStream more room: max_memory_store in the server's configuration"},
    JetstreamsCode{10047, Remedy::retry, "stream.disk_full",
                   "give JetStream more room: max_file_store in the server's configuration; df -h"},
    JetstreamsCode{10077, Remedy::retry, "stream.disk_full",
                   "see why the server cannot store it: its log; nats stream info; df -h"},
    JetstreamsCode{
        10054, Remedy::stop, "stream.event_too_large",
        "raise the stream's max_msg_size: nats stream edit; or, to go on with a gap in its place, "
        "set max_change of the source below it, and on_large_change: gap"},
    JetstreamsCode{10097, Remedy::stop, "stream.event_too_large",
                   "the attributes of an event and the source's position may have 64 KiB together"},
    JetstreamsCode{10039, Remedy::stop, "stream.no_jetstream",
                   "let the server run JetStream (nats-server -js), and the account use it"},
    // What the library says when nobody answers: also while a server starts or a cluster elects.
    JetstreamsCode{
        no_answer, Remedy::retry, "stream.unavailable",
        "if it lasts: let the server run JetStream (nats-server -js), and the account use it"},
    JetstreamsCode{10035, Remedy::stop, "stream.no_jetstream",
                   "let the account use JetStream: see `jetstream` in the server's configuration"},
    JetstreamsCode{stream_not_found, Remedy::stop, "stream.not_prepared", "headwater init -c FILE"},
    JetstreamsCode{10109, Remedy::stop, "stream.sealed",
                   "the stream takes no messages: use another"},
};

constexpr const char* correct_login =
    "correct user and password, token or credentials under stream.nats; to try them: nats --server "
    "URL --creds FILE stream ls";
constexpr const char* trust =
    "name the authority that signed the server's certificate: stream.nats.tls.ca; with a tls:// "
    "url";

constexpr std::array librarys_codes{
    LibrarysCode{NATS_CONNECTION_AUTH_FAILED, Remedy::stop, "stream.unauthorized", correct_login},
    LibrarysCode{NATS_NOT_PERMITTED, Remedy::stop, "stream.unauthorized", correct_login},
    LibrarysCode{NATS_SSL_ERROR, Remedy::stop, "stream.untrusted", trust},
    LibrarysCode{NATS_SECURE_CONNECTION_REQUIRED, Remedy::stop, "stream.untrusted", trust},
    LibrarysCode{NATS_SECURE_CONNECTION_WANTED, Remedy::stop, "stream.untrusted", trust},
    LibrarysCode{
        NATS_MAX_PAYLOAD, Remedy::stop, "stream.event_too_large",
        "raise max_payload in the server's configuration; or, to go on with a gap in its place, "
        "set max_change of the source well below it, and on_large_change: gap"},
};

/// The library calls every handshake that fails an SSL error, also one that a server's end or its
/// haste has cut short. What OpenSSL says of a certificate, or the other side of the relay's,
/// stays.
bool is_judgement(const std::string& words) {
  for (const char* word : {"certificate", ":depth=", "alert", "wrong version number"}) {
    if (words.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Error refused(const std::string& doing, natsStatus status, int code, const std::string& words) {
  Error error = unavailable(doing + ": " + (words.empty() ? natsStatus_GetText(status) : words));
  if (const auto* row = find_code(jetstreams_codes, code)) return row->error(error.message);
  if (status == NATS_SSL_ERROR && !is_judgement(words)) {
    error.next = std::string("if it lasts: ") + trust;
    return error;
  }
  const auto* row = find_code(librarys_codes, status);
  return row != nullptr ? row->error(error.message) : error;
}

Error unavailable(const std::string& why) { return streams::unavailable("NATS: " + why); }

Error conflict(const std::string& stream) {
  return streams::conflict("another relay has appended to " + stream);
}

Error misplaced(const std::string& stream, std::uint64_t sequence) {
  return hopeless("stream.misplaced",
                  "message " + std::to_string(sequence) + " of stream " + stream +
                      " was made to follow another one than stands before it: nats-server has left "
                      "events out",
                  "see what is missing: headwater verify -c FILE; restart nats-server, or take a "
                  "newer one; then headwater position -c FILE set, to where the first missing "
                  "event is: docs/nats.md, \"An account with limits\"");
}

Error miscounted(const std::string& stream, std::uint64_t last) {
  Error error = unavailable("the server refuses what follows message " + std::to_string(last) +
                            " of stream " + stream + ", which is its last");
  error.name = "stream.miscounted";
  error.next =
      "if it lasts: restart nats-server; from 2.10.11 until 2.11.12 and 2.12.4 it counts a message "
      "that an account had no room for";
  return error;
}

}  // namespace headwater::nats
