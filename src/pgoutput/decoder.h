// Bytes in, message out.
#pragma once

#include <string_view>

#include "src/base/error.h"
#include "src/pgoutput/messages.h"

namespace headwater::pgoutput {

/// Decodes one whole message. The result points into `bytes`. Never reads outside of them, and
/// allocates no more than a few times their size. Fails with stop, `source.bad_message`, for
/// anything but a message of protocol version 1, also for messages of two-phase commit and
/// streaming, which nobody asked for.
Result<Message> decode(std::string_view bytes);

}  // namespace headwater::pgoutput
