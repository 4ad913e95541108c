// Errors of the library are values. Each says what a program can do about it, and what a person
// should type next.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace headwater::client {

/// What the caller can do.
enum class Remedy {
  retry,  ///< The call may succeed later unchanged.
  stop,   ///< Retrying does not help; a person has to act.
};

struct Error {
  Remedy remedy = Remedy::stop;
  std::string name{};     ///< Stable and short, for scripts and searches: "stream.beyond_end".
  std::string message{};  ///< What happened, with the names and numbers involved.
  std::string next{};     ///< What to type or to change; may be empty for retry.
};

/// A value or an Error. Ignoring one is a compiler warning.
///
///     auto stream = Stream::open(options);
///     if (!stream) return stream.error();
///     use(*stream);
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] explicit operator bool() const { return held_.index() == 0; }
  /// Only for a Result with a value. Throws std::bad_variant_access otherwise.
  [[nodiscard]] T& operator*() & { return std::get<0>(held_); }
  [[nodiscard]] const T& operator*() const& { return std::get<0>(held_); }
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(held_)); }
  [[nodiscard]] T* operator->() { return &std::get<0>(held_); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(held_); }
  /// Only for a Result without a value. Throws std::bad_variant_access otherwise.
  [[nodiscard]] const Error& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] explicit operator bool() const { return !error_; }
  /// Only for a Result that failed. Throws std::bad_optional_access otherwise.
  [[nodiscard]] const Error& error() const { return error_.value(); }

 private:
  std::optional<Error> error_;
};

}  // namespace headwater::client
