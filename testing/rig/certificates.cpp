#include "testing/rig/certificates.h"

#include <vector>

#include "testing/rig/process.h"
#include "testing/rig/server_program.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

/// The words of `openssl req` for a new key without a password. It is an elliptic curve key,
/// because making an RSA key takes half a second.
std::vector<std::string> request(const std::vector<std::string>& more) {
  std::vector<std::string> words{
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void openssl(const std::string& folder, const std::vector<std::string>& words) {
  Command command{.words = {"/usr/bin/openssl"}, .folder = folder};
  command.words.insert(command.words.end(), words.begin(), words.end());
  const auto outcome = run(command);
  if (outcome.exit != Exit{}) give_up("openssl " + words.front() + ": " + outcome.errors);
}

/// Makes NAME.crt, signed by the authority, NAME.key, and NAME.pem with both.
void make_pair(const std::string& folder, const std::string& name, const std::string& subject,
               const std::string& extensions, const char* days = "1") {
  write_file(folder + "/" + name + ".ext", extensions);
  openssl(folder, request({"-subj", subject, "-keyout", name + ".key", "-out", name + ".csr"}));
  openssl(folder,
          {"x509", "-req", "-in", name + ".csr", "-CA", "authority.crt", "-CAkey", "authority.key",
           "-CAcreateserial", "-days", days, "-extfile", name + ".ext", "-out", name + ".crt"});
  write_file(folder + "/" + name + ".pem",
             contents(folder + "/" + name + ".crt") + contents(folder + "/" + name + ".key"));
}

constexpr const char* server_subject = "/O=headwater/OU=servers/CN=localhost";
constexpr const char* server_names = "subjectAltName = DNS:localhost, IP:127.0.0.1\n";

}  // namespace

Certificates make_certificates(const std::string& folder) {
  openssl(folder, request({"-x509", "-days", "1", "-subj", "/O=headwater/CN=authority", "-keyout",
                           "authority.key", "-out", "authority.crt"}));
  make_pair(folder, "server", server_subject, server_names);
  // Another organisational unit: a server takes a client that has its own for a member of its set.
  make_pair(folder, "client", "/O=headwater/OU=programs/CN=relay",
            "extendedKeyUsage = clientAuth\n");
  return {.authority = folder + "/authority.crt",
          .server = folder + "/server.pem",
          .server_key = folder + "/server.key",
          .client = folder + "/client.pem",
          .client_name = "CN=relay,OU=programs,O=headwater"};
}

ServerCertificate make_expired_certificate(const std::string& folder) {
  make_pair(folder, "expired", server_subject, server_names, "-1");
  return {.certificate = folder + "/expired.crt", .key = folder + "/expired.key"};
}

}  // namespace headwater::rig
