// Errors as answers: a status, and JSON with name, message and what to do next.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/serve/connection.h"
#include "src/serve/reply.h"

namespace headwater::gateway {

/// {"name":…,"message":…,"next":…}
[[nodiscard]] std::string to_json(const Error& error);
[[nodiscard]] serve::Answer error_answer(int status, const Error& error);
/// With the status that the error's name stands for.
[[nodiscard]] serve::Answer error_answer(const Error& error);
[[nodiscard]] serve::Answer refuse_in_json(const serve::Refusal& refusal);

/// A request that can never succeed.
[[nodiscard]] Error bad_request(std::string message, std::string next);

/// Whether the error is about a place, so that reading on from there makes no sense. After any other
/// error it does, once the stream can be read again.
[[nodiscard]] bool is_about_place(const Error& error);

/// An error of the stream as a client sees it: what to do over HTTP, and nothing about this
/// machine's files and servers.
[[nodiscard]] Error for_client(const Error& error, const std::string& relay);

/// Retention has removed events from `place` on; the stream begins at `first`.
[[nodiscard]] Error aged_out(const std::string& relay, std::uint64_t place, std::uint64_t first);

}  // namespace headwater::gateway
