// Options that several streams have, and the reading of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/config/section.h"

namespace headwater::streams {

/// Paths of PEM files; each may be empty.
struct Tls {
  std::string authority{};    ///< Who signed the server's certificate; empty: the system's list.
  std::string certificate{};  ///< The relay's own.
  std::string key{};
};
/// From `tls: { ca, certificate, key }` in the stream's section.
[[nodiscard]] Tls read_tls(config::Section& section);

/// The events that may be removed, oldest first. An absent limit limits nothing; a stream has one
/// of size and length.
struct Retention {
  std::optional<Milliseconds> age{};      ///< Since the stream accepted the event.
  std::optional<std::uint64_t> size{};    ///< Bytes in use.
  std::optional<std::uint64_t> length{};  ///< Events.
  /// Also remove what a named consumer has not acknowledged yet.
  bool ignore_consumers = false;
};
/// From `{ age, consumers: keep|ignore }`; the other limits are the stream's own to read.
[[nodiscard]] Retention read_retention(config::Section& retention);

}  // namespace headwater::streams
