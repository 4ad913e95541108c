#include "src/inbox/mongodb/inbox_rig.h"
#include "testing/contract/inbox_suite.h"

namespace headwater::testing {
namespace {

std::unique_ptr<InboxRig> make_rig() { return std::make_unique<MongoInboxRig>(); }

INSTANTIATE_TEST_SUITE_P(MongoDB, InboxSuite, ::testing::Values(&make_rig));
// Its TTL index forgets.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InboxForgets);

}  // namespace
}  // namespace headwater::testing
