#include "src/targets/postgresql/postgresql_rig.h"
#include "testing/contract/target_suite.h"

namespace headwater::testing {

INSTANTIATE_TEST_SUITE_P(Postgresql, TargetSuite,
                         ::testing::Values(&target_postgresql::make_postgresql_rig));
INSTANTIATE_TEST_SUITE_P(Postgresql, TargetProgramSuite,
                         ::testing::Values(&target_postgresql::make_postgresql_rig));

}  // namespace headwater::testing
