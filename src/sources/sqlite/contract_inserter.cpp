// sqlite_inserter DATABASE KIND FIRST COUNT: inserts rows from FIRST on, each in its own
// transaction.
#include <cstdlib>

#include "src/sources/sqlite/contract_writer.h"

int main(int argc, char** argv) {
  using namespace headwater::testing;
  if (argc != 5) return 2;
  auto writer = make_writer(argv[1], table_kind(argv[2]));
  const std::int64_t first = std::atoll(argv[3]);
  const std::int64_t count = std::atoll(argv[4]);
  for (std::int64_t key = first; key < first + count; ++key) {
    writer->write({.kind = Write::Kind::insert, .key = key, .value = key});
  }
  return 0;
}
