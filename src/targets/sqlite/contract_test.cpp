#include "src/targets/sqlite/sqlite_rig.h"
#include "testing/contract/target_suite.h"

namespace headwater::testing {

INSTANTIATE_TEST_SUITE_P(Sqlite, TargetSuite, ::testing::Values(&target_sqlite::make_sqlite_rig));
INSTANTIATE_TEST_SUITE_P(Sqlite, TargetProgramSuite,
                         ::testing::Values(&target_sqlite::make_sqlite_rig));

}  // namespace headwater::testing
