#include "src/base/reused_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace headwater {
namespace {

TEST(ReusedQueue, GivesBackInOrderWhateverComesAndGoes) {
  ReusedQueue<int> queue;
  std::vector<int> out;
  int next = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < round % 7; ++i) queue.push(next++);
    for (int i = 0; i < round % 5 && !queue.empty(); ++i) {
      out.push_back(queue.front());
      queue.pop();
    }
  }
  EXPECT_EQ(queue.size(), static_cast<std::size_t>(next) - out.size());
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], static_cast<int>(i));
  EXPECT_EQ(queue.back(), next - 1);
  for (const int left : queue) out.push_back(left);
  EXPECT_EQ(out.size(), static_cast<std::size_t>(next));
  EXPECT_TRUE(std::ranges::is_sorted(out));
}

TEST(ReusedQueue, ElementsStayWhereTheyAre) {
  ReusedQueue<int> queue;
  queue.push(0);
  queue.push(1);
  queue.pop();
  const int* const first = &queue.front();
  for (int i = 2; i < 100; ++i) queue.push(int{i});
  EXPECT_EQ(first, &queue.front());
  EXPECT_EQ(*first, 1);
}

TEST(ReusedQueue, ClearedIsEmptyAndKeepsNothing) {
  const auto counted = std::make_shared<int>(0);
  ReusedQueue<std::shared_ptr<int>> queue;
  for (int i = 0; i < 3; ++i) queue.push(std::shared_ptr<int>(counted));
  queue.pop();
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
}  // namespace headwater
