#include "src/inbox/mongodb/inbox_rig.h"
#include "testing/contract/inbox_disasters.h"
#include "testing/disasters/long_run.h"

namespace headwater::testing {
namespace {

// With real relays and consumers.
TEST(MongoInboxDisasters, consumers_offline_late_service_materialize_then_crash) {
  const rig::Pipeline pipeline;
  ASSERT_EQ(pipeline.init(), "");
  expect_effects_once(
      pipeline, []() -> std::unique_ptr<InboxRig> { return std::make_unique<MongoInboxRig>(); },
      rig::repeats(200, 10));
}

}  // namespace
}  // namespace headwater::testing
