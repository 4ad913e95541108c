// Between the program's types and the library's. Private to this folder.
#pragma once

#include <headwater/consumer.h>
#include <headwater/result.h>
#include <headwater/stream.h>

#include <memory>
#include <utility>

#include "src/base/error.h"
#include "src/consumer/beginning.h"
#include "src/consumer/follower.h"
#include "src/consumer/handler.h"
#include "src/ports/adapter.h"

namespace headwater::client {

/// A reader never stands by: that remedy is retry for it.
[[nodiscard]] inline Error to_public(const headwater::Error& error) {
  return {.remedy = error.remedy == headwater::Remedy::stop ? Remedy::stop : Remedy::retry,
          .name = error.name,
          .message = error.message,
          .next = error.next};
}

[[nodiscard]] inline headwater::Error to_internal(const Error& error) {
  return {
      .remedy = error.remedy == Remedy::stop ? headwater::Remedy::stop : headwater::Remedy::retry,
      .origin = Origin::usage,
      .name = error.name,
      .message = error.message,
      .next = error.next};
}

[[nodiscard]] consumer::Beginning to_internal(const Start& start);
[[nodiscard]] Lag to_public(const consumer::Lag& lag);

struct Batch::Held {
  std::shared_ptr<const consumer::Events> events;
};

struct Stream::Held {
  SystemClock clock;
  std::unique_ptr<StreamAdapter> adapter;
};

}  // namespace headwater::client
