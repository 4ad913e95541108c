// What happens to the stream while a client follows it.
#include <gmock/gmock.h>

#include <filesystem>

#include "src/sqlite/database.h"
#include "testing/serve/served.h"

namespace headwater {
namespace {

using gateway::Listener;

class ServedStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    served.prepare();
    served.append(20);
    served.start();
  }
  void remove_before(std::uint64_t first) const {
    auto database = sqlite::Database::open(served.folder() / "events.db", sqlite::Open::read_write,
                                           Origin::stream);
    ASSERT_TRUE(database);
    const auto done =
        database->execute("DELETE FROM events WHERE sequence < " + std::to_string(first));
    ASSERT_TRUE(done) << done.error().message;
  }

  Served served;
};

TEST_F(ServedStreamTest, CreatedAgainEndsTheClientWithAName) {
  Listener listener(served.port(), live_from_earliest);
  EXPECT_EQ(listener.ids(20), numbers(1, 20));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(served.folder() / ("events.db" + std::string(suffix)));
  }
  served.prepare();
  served.append(30);
  EXPECT_EQ(listener.error(), "stream.recreated");
  EXPECT_EQ(listener.next(), "");
  EXPECT_EQ(Listener(served.port(), live_from_earliest).ids(30), numbers(1, 30));
}

TEST_F(ServedStreamTest, APlaceThatHasAgedOutHasAName) {
  remove_before(11);
  EXPECT_EQ(Listener(served.port(), live_from_earliest, "Last-Event-ID: 4\r\n").error(),
            "stream.aged_out");
  EXPECT_EQ(served.get("/streams/orders/events?from=5").status, 410);
  EXPECT_EQ(Listener(served.port(), live_from_earliest).ids(10), numbers(11, 20));
}

TEST_F(ServedStreamTest, APlaceBeyondTheEndHasAName) {
  EXPECT_EQ(Listener(served.port(), live_from_earliest, "Last-Event-ID: 30\r\n").error(),
            "stream.beyond_end");
  EXPECT_EQ(served.get("/streams/orders/events?from=31").status, 409);
}

}  // namespace
}  // namespace headwater
