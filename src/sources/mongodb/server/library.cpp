#include "src/sources/mongodb/server/library.h"

#include <mongoc/mongoc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <string>

namespace headwater::mongodb {
namespace {

/// Debian's libmongoc starts itself when the program is loaded, before main() could tell it not to,
/// and keeps its counters in /dev/shm/mongoc-PID until exit. One that is killed leaves the file
/// behind, and the next process of that number says so on stderr, whatever it was started for.
/// So the name goes as soon as the program runs; the mapping lives on
/// (mongoc-counters.c, mongoc_counters_alloc).
__attribute__((constructor)) void forget_the_counters() {
  ::shm_unlink(("/mongoc-" + std::to_string(::getpid())).c_str());
}

}  // namespace

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(nullptr, nullptr);
    mongoc_init();
  });
}

}  // namespace headwater::mongodb
