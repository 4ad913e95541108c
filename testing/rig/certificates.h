// TLS certificates for one test, valid for a day.
#pragma once

#include <string>

namespace headwater::rig {

/// Files, each in PEM format.
struct Certificates {
  std::string authority;    ///< The authority's certificate.
  std::string server;       ///< The certificate of 127.0.0.1 and localhost, then its key.
  std::string server_key;   ///< Only its key.
  std::string client;       ///< A client's certificate, then its key.
  std::string client_name;  ///< The client's distinguished name: its user's, for X.509.
};

/// Makes them in this folder with the openssl program.
[[nodiscard]] Certificates make_certificates(const std::string& folder);

}  // namespace headwater::rig
