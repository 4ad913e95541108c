// What a process shows of each of its relays: in metrics, in its health and in its status.
#pragma once

#include <string>

#include "src/relay/observer.h"

namespace headwater {

struct RelayFigures {
  std::string relay;  ///< Its name, which becomes a label.
  RelayProgress progress;
  std::string error{};  ///< The name of the error with which it has ended; empty: none.
  // In words, as the adapters say it.
  std::string source{};
  std::string stream{};
  std::string promise{};   ///< "exactly once"
  std::string position{};  ///< "change 4711 of shop.db"; empty: none.
};

/// "starting", "leading", "standing_by", "ended"
[[nodiscard]] const char* word_for(RelayState state);

}  // namespace headwater
