#include "src/inbox/postgresql/inbox_rig.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {
namespace {

std::unique_ptr<InboxRig> make_rig() { return std::make_unique<PostgresInboxRig>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, InboxSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Postgres, InboxForgets, ::testing::Values(&make_rig));

}  // namespace
}  // namespace headwater::testing
