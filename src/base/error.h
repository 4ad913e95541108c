// Errors are values. Each says what a program can do about it (Remedy), whose fault it is (Origin),
// and what a person should type next.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace headwater {

/// What the caller can do.
enum class Remedy {
  retry,  ///< The same call may succeed later; nothing needs to change. State is in doubt: re-read
          ///< it.
  stand_by,  ///< Another relay is at work. Follow it and do not write.
  stop,      ///< No repetition helps; a person has to act.
};

/// Where the fault lies. It decides the exit code of the program (see src/cli/exit_code.h).
enum class Origin { usage, source, stream };

struct Error {
  Remedy remedy = Remedy::stop;
  Origin origin = Origin::usage;
  std::string name{};     ///< Stable and short, for scripts and searches: "source.history_lost".
  std::string message{};  ///< One sentence: what happened, with the names and figures involved.
  std::string next{};     ///< The command to type or the thing to change; may be empty for retry.
};

/// A value or an Error. Dropping one is a compiler warning, and so an error.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

/// `return fail(error);` or `return fail(std::move(result.error()));` from any function that gives
/// a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace headwater
