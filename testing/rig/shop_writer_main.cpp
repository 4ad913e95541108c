// shop_writer DATABASE SEED TRANSACTIONS: a writer as a process.
// Prints its counts, one "table.operation count" a line.
#include <cstdio>
#include <cstdlib>

#include "testing/rig/shop.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  headwater::rig::Writers writers(headwater::rig::shop_writers(argv[1]), 1,
                                  {.seed = std::strtoull(argv[2], nullptr, 10),
                                   .transactions = std::strtoull(argv[3], nullptr, 10)});
  const headwater::rig::Written written = writers.join();
  for (const auto& [what, count] : written.changes) {
    std::printf("%s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
  }
  if (!written.error.empty()) std::fprintf(stderr, "%s\n", written.error.c_str());
  return written.error.empty() ? 0 : 1;
}
