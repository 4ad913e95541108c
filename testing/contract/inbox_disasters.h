// The consumers' half of the disasters, with an inbox: its effects are there exactly once.
#pragma once

#include "testing/contract/inbox_suite.h"
#include "testing/rig/pipeline.h"

namespace headwater::testing {

/// Fails the test unless each event of the stream has exactly one effect, however often the consumer
/// is killed while events come, between applying and acknowledging among others; however long it
/// was offline; and though a service that comes late begins at the earliest event. `init` has run.
void expect_effects_once(const rig::Pipeline& pipeline, MakeInboxRig make, int kills);

}  // namespace headwater::testing
