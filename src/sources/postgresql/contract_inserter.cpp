// postgresql_inserter ADDRESS FIRST COUNT: rows from FIRST on, each in a transaction of its own.
#include <cstdlib>

#include "src/sources/postgresql/contract_rig.h"

int main(int argc, char** argv) {
  using namespace headwater::testing;
  if (argc != 4) return 2;
  const auto writer = make_pg_writer(argv[1]);
  const std::int64_t first = std::atoll(argv[2]);
  const std::int64_t count = std::atoll(argv[3]);
  for (std::int64_t key = first; key < first + count; ++key) {
    writer->write({.kind = Write::Kind::insert, .key = key, .value = key});
  }
  return 0;
}
