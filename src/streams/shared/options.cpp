#include "src/streams/shared/options.h"

#include "src/config/tls.h"

namespace headwater::streams {

Tls read_tls(config::Section& section) { return config::read_tls<Tls>(section); }

Retention read_retention(config::Section& retention) {
  return {.age = retention.duration("age"),
          .ignore_consumers = retention.choice_or("consumers", {"keep", "ignore"}, 0) == 1};
}

}  // namespace headwater::streams
