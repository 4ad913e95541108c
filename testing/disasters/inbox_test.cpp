// consumers_offline, late_service and materialize_then_crash with an inbox, on each stream. The
// rooms under src/inbox do the same with each inbox's database.
#include "src/inbox/sqlite/inbox_rig.h"
#include "testing/contract/inbox_disasters.h"
#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

class consumers_with_inbox : public Scenario {};

TEST_P(consumers_with_inbox, consumers_offline_late_service_materialize_then_crash) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  testing::expect_effects_once(
      pipeline,
      []() -> std::unique_ptr<testing::InboxRig> {
        return std::make_unique<testing::SqliteInboxRig>();
      },
      repeats(200, 10));
}

INSTANTIATE_TEST_SUITE_P(On, consumers_with_inbox, each(streams_with_server()), setting_name);

}  // namespace
}  // namespace headwater::rig
