#include "src/inbox/sqlite/inbox_rig.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {
namespace {

std::unique_ptr<InboxRig> make_rig() { return std::make_unique<SqliteInboxRig>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, InboxSuite, ::testing::Values(&make_rig));
INSTANTIATE_TEST_SUITE_P(Sqlite, InboxForgets, ::testing::Values(&make_rig));

}  // namespace
}  // namespace headwater::testing
