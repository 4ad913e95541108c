// The progress of `materialize`: on a terminal one line that keeps changing, elsewhere a log line at
// intervals while there is news.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/materialize/copier.h"

namespace headwater::cli {

class Log;

/// What a line shows.
struct CopyFigures {
  materialize::CopyProgress progress;
  double rate = 0;                    ///< Events per second.
  std::optional<std::uint64_t> last;  ///< The stream's last sequence, if it is known.
  std::optional<double> behind;       ///< Seconds between the last applied event and now.
};

/// "4,711 events, 120/s, at event 4711 of 9000, 3 s behind, caught up in 36 s"
[[nodiscard]] std::string copy_line(const CopyFigures& figures);

/// One thread. `clock` and `log` must outlive it. `last` asks for the stream's last sequence; nothing
/// if it does not answer.
class CopyLog final : public materialize::CopyObserver {
 public:
  CopyLog(std::string relay, std::string what, std::function<std::optional<std::uint64_t>()> last,
          const Clock& clock, Log& log);

  void begins(const CopyPlace& place) override;
  void applied(const materialize::CopyProgress& progress) override;
  void has_gap(const std::string& what) override;
  void stands_by(const Error& why) override;

 private:
  void show(const CopyFigures& figures, bool live);

  std::string relay_;
  std::string what_;
  std::function<std::optional<std::uint64_t>()> last_;
  const Clock& clock_;
  Log& log_;
  std::uint64_t events_ = 0;  // at the last line
  SteadyTime shown_{};
};

}  // namespace headwater::cli
