#include "src/base/error.h"

namespace headwater {

HeldError::HeldError(Error error) : error_(new Error(std::move(error))) {}

HeldError::HeldError(const HeldError& other) : error_(new Error(*other.error_)) {}

void HeldError::drop() noexcept { delete error_; }

tl::unexpected<HeldError> fail(Error error) {
  return tl::unexpected<HeldError>(HeldError(std::move(error)));
}

}  // namespace headwater
