// A consumer that the tests kill: `consume` reads a real stream.
#include "src/inbox/mongodb/test_connection.h"
#include "testing/contract/inbox_consumer.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words[0] == "consume") {
    return headwater::testing::inbox_consumer(&headwater::testing::open_mongodb,
                                              {words.begin() + 1, words.end()});
  }
  return headwater::testing::inbox_child(&headwater::testing::open_mongodb, words);
}
