// Errors are values. Each carries what a program can do about it (Remedy), where the fault lies
// (Origin), and what a person should type next.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace headwater {

/// What the caller can do.
enum class Remedy {
  retry,     ///< The call may succeed later unchanged. State is in doubt: re-read it.
  stand_by,  ///< Another relay is leading. Follow it and do not write.
  stop,      ///< Retrying does not help; a person has to act.
};

/// Where the fault lies. It decides the exit code of the program (see src/cli/exit_code.h).
enum class Origin {
  usage,
  source,
  stream,
  target,  ///< The database of a copy that `materialize` keeps.
};

struct Error {
  Remedy remedy = Remedy::stop;
  Origin origin = Origin::usage;
  std::string name{};     ///< Stable and short, for scripts and searches: "source.history_lost".
  std::string message{};  ///< What happened, with the names and numbers involved.
  std::string next{};     ///< The command to type or the thing to change; may be empty for retry.
};

/// A Result holds its Error through a pointer. Nearly every function passes errors on, and moving
/// an Error's strings in each of them was a third of the program's code.
class HeldError {
 public:
  HeldError(Error error);
  HeldError(const HeldError& other);
  HeldError(HeldError&& other) noexcept : error_(std::exchange(other.error_, nullptr)) {}
  HeldError& operator=(HeldError other) noexcept {
    std::swap(error_, other.error_);
    return *this;
  }
  ~HeldError() {
    if (error_ != nullptr) drop();
  }

  /// Must not have been moved from.
  [[nodiscard]] Error& operator*() { return *error_; }
  [[nodiscard]] const Error& operator*() const { return *error_; }

 private:
  void drop() noexcept;

  Error* error_;
};

/// A value or an Error. Ignoring one is a compiler warning, which fails the build.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, HeldError> {
  using Expected = tl::expected<T, HeldError>;

 public:
  using tl::expected<T, HeldError>::expected;
  Result(Expected other) : Expected(std::move(other)) {}

  /// Only for a Result without a value.
  [[nodiscard]] Error& error() & { return *Expected::error(); }
  [[nodiscard]] const Error& error() const& { return *Expected::error(); }
  [[nodiscard]] Error&& error() && { return std::move(*Expected::error()); }
  [[nodiscard]] HeldError&& held_error() && { return std::move(Expected::error()); }
};

/// `return fail({.name = "source.went_back", …});` from any function that returns a Result.
[[nodiscard]] tl::unexpected<HeldError> fail(Error error);

/// `if (!opened) return failed(opened);` passes the error on.
template <class T>
[[nodiscard]] tl::unexpected<HeldError> failed(Result<T>& result) {
  return tl::unexpected<HeldError>(std::move(result).held_error());
}

}  // namespace headwater
