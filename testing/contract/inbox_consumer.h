// A consumer of a real stream, with an inbox, that a test kills.
#pragma once

#include <string>
#include <vector>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

/// The main function of a child: consumes the stream of a configuration with the library, to the
/// end, and adds an effect for each event that the inbox does not know.
///
///   CONFIG CONSUMER ADDRESS TABLE STEPS MICROSECONDS
///
/// Dies with SIGKILL after STEPS steps (claimed, applied, committed, …) and MICROSECONDS more; 0
/// steps: never. Returns the exit code: 1 after an error, which is printed on stderr.
int inbox_consumer(OpenInbox open, const std::vector<std::string>& arguments);

}  // namespace headwater::testing
