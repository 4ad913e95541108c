// A consumer that the suite kills.
#include "src/inbox/mongodb/test_connection.h"

int main(int argc, char** argv) {
  return headwater::testing::inbox_child(&headwater::testing::open_mongodb,
                                         {argv + 1, argv + argc});
}
