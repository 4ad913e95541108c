#include "src/streams/shared/options.h"

namespace headwater::streams {

Tls read_tls(config::Section& section) {
  config::Section files = section.child("tls");
  Tls tls{.authority = files.path_or_none("ca"),
          .certificate = files.path_or_none("certificate"),
          .key = files.path_or_none("key")};
  if (tls.certificate.empty() != tls.key.empty())
    files.complain("certificate", "and key go together");
  return tls;
}

Retention read_retention(config::Section& retention) {
  return {.age = retention.duration("age"),
          .ignore_consumers = retention.choice_or("consumers", {"keep", "ignore"}, 0) == 1};
}

}  // namespace headwater::streams
