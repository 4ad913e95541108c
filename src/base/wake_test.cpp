#include "src/base/wake.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace headwater {
namespace {

bool is_readable(const Wake& wake) {
  pollfd one{.fd = wake.get(), .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, 0) == 1;
}

TEST(Wake, IsReadableFromASignalUntilItIsDrained) {
  const Wake wake;
  EXPECT_FALSE(is_readable(wake));
  wake.drain();
  wake.signal();
  wake.signal();
  EXPECT_TRUE(is_readable(wake));
  wake.drain();
  EXPECT_FALSE(is_readable(wake));
}

}  // namespace
}  // namespace headwater
