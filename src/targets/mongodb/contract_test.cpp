#include "src/targets/mongodb/mongodb_rig.h"
#include "testing/contract/target_suite.h"

namespace headwater::testing {

INSTANTIATE_TEST_SUITE_P(Mongodb, TargetSuite,
                         ::testing::Values(&target_mongodb::make_mongodb_rig));
INSTANTIATE_TEST_SUITE_P(Mongodb, TargetProgramSuite,
                         ::testing::Values(&target_mongodb::make_mongodb_rig));

}  // namespace headwater::testing
