// The login with which a connection begins: bytes in, bytes out.
//
//   client: the magic number of V1_0, 34c2bdc3 in hexadecimal, four bytes, the lowest first
//   server: {"success":true,"min_protocol_version":0,"max_protocol_version":0,"server_version":…}
//   client: {"protocol_version":0,"authentication_method":"SCRAM-SHA-256","authentication":…}
//   server: {"success":true,"authentication":…}
//   client: {"authentication":…}
//   server: {"success":true,"authentication":…}
//
// Each JSON text ends with a NUL (src/client_protocol/server.cc, handle_conn(), write_datum(),
// read_datum()). A server that refuses sends {"success":false,"error":…,"error_code":…} at any
// point. One before 2.3 sends "ERROR: …" with a NUL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/rethinkdb/scram.h"

namespace headwater::rethinkdb {

/// src/rdb_protocol/ql2.proto, VersionDummy.Version, as it is sent.
inline constexpr std::string_view magic_v1_0{"\xc3\xbd\xc2\x34", 4};

/// Without its NUL. The server itself reads no more than half of that (read_datum()).
inline constexpr std::size_t longest_handshake_message = 4096;

/// A state machine without I/O. After an error it cannot be used any more. Errors are stop, unless
/// the server says otherwise: `source.bad_message` (also: no RethinkDB at all),
/// `source.unauthorized`, `source.untrusted`, `source.refused` (see failure.h and scram.h).
class Handshake {
 public:
  /// `nonce`: from new_nonce(), except in tests.
  Handshake(Credentials credentials, std::string nonce);

  /// What to send first.
  [[nodiscard]] std::string begin() const;
  /// Takes one message of the server, or a part of it, off `bytes`, and returns what to send next;
  /// often nothing. Not to be called once it is done. The last but one message takes as long as
  /// salted_password().
  Result<std::string> take(std::string_view& bytes);

  [[nodiscard]] bool done() const { return expected_ == Expected::nothing; }
  /// As the server writes it: "2.4.4". Empty before its first message.
  [[nodiscard]] const std::string& server_version() const { return server_version_; }

 private:
  enum class Expected { greeting, challenge, proof, nothing };

  Result<std::string> react(std::string_view message);

  ScramClient scram_;
  std::string user_;
  std::string message_;  // as far as it has arrived
  Expected expected_ = Expected::greeting;
  std::string server_version_;
};

}  // namespace headwater::rethinkdb
