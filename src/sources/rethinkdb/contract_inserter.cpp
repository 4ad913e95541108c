// rethinkdb_inserter PORT DATABASE FIRST COUNT: rows from FIRST on, each by a write of its own.
#include <cstdlib>

#include "src/sources/rethinkdb/contract_table.h"

int main(int argc, char** argv) {
  using namespace headwater::testing;
  if (argc != 5) return 2;
  const auto writer = make_rethink_writer(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]);
  const std::int64_t first = std::atoll(argv[3]);
  const std::int64_t count = std::atoll(argv[4]);
  for (std::int64_t key = first; key < first + count; ++key) {
    writer->write({.kind = Write::Kind::insert, .key = key, .value = key});
  }
  return 0;
}
