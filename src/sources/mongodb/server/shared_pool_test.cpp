#include "src/sources/mongodb/server/shared_pool.h"

#include <gtest/gtest.h>

namespace headwater::mongodb {
namespace {

constexpr const char* nobody = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1";

TEST(SharedPoolTest, RelaysUseOnePool) {
  SharedPool shared(nobody);
  auto first = shared.get(nullptr);
  auto second = shared.get(nullptr);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(SharedPoolTest, AStalePoolIsReplacedOnceForAll) {
  SharedPool shared(nobody);
  auto first = shared.get(nullptr);
  ASSERT_TRUE(first);
  auto replaced = shared.get(first->get());
  ASSERT_TRUE(replaced);
  EXPECT_NE(*replaced, *first);
  // The others notice later.
  auto another = shared.get(first->get());
  ASSERT_TRUE(another);
  EXPECT_EQ(*another, *replaced);
  auto newcomer = shared.get(nullptr);
  ASSERT_TRUE(newcomer);
  EXPECT_EQ(*newcomer, *replaced);
}

TEST(SharedPoolTest, APoolGoesWithItsLastUser) {
  SharedPool shared(nobody);
  std::weak_ptr<Pool> gone;
  {
    auto first = shared.get(nullptr);
    ASSERT_TRUE(first);
    gone = *first;
  }
  EXPECT_TRUE(gone.expired());
  EXPECT_TRUE(shared.get(nullptr));
}

TEST(SharedPoolTest, ABadUriIsAnError) {
  SharedPool shared("no uri");
  const auto pool = shared.get(nullptr);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().name, "config.bad_value");
}

}  // namespace
}  // namespace headwater::mongodb
