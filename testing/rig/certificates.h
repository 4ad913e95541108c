// TLS certificates for one test, valid for a day.
#pragma once

#include <string>

namespace headwater::rig {

/// Paths of PEM files.
struct Certificates {
  std::string authority;   ///< The authority's certificate.
  std::string server;      ///< The certificate of 127.0.0.1 and localhost, then its key.
  std::string server_key;  ///< Only its key.
  std::string client;      ///< A client's certificate, then its key.
  std::string
      client_name;  ///< The client's distinguished name, which is its user name for X.509 logins.
};

/// Makes them in `folder` with the program openssl.
[[nodiscard]] Certificates make_certificates(const std::string& folder);

/// Paths of PEM files.
struct ServerCertificate {
  std::string certificate;
  std::string key;
};
/// Of the same authority and the same names, in the folder of make_certificates(); it expired
/// yesterday.
[[nodiscard]] ServerCertificate make_expired_certificate(const std::string& folder);

}  // namespace headwater::rig
