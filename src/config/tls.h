// The files of a client's TLS, wherever they are configured.
#pragma once

#include "src/config/section.h"

namespace headwater::config {

/// From `tls: { ca, certificate, key }` in the section; each may be left out, but not one of the last
/// two. `Files` has their paths: authority, certificate, key.
template <class Files>
[[nodiscard]] Files read_tls(Section& section) {
  Section files = section.child("tls");
  Files tls{.authority = files.path_or_none("ca"),
            .certificate = files.path_or_none("certificate"),
            .key = files.path_or_none("key")};
  if (tls.certificate.empty() != tls.key.empty()) {
    files.complain("certificate", "and key go together");
  }
  return tls;
}

}  // namespace headwater::config
