#include "src/sources/mongodb/server/library.h"

#include <mongoc/mongoc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutex>

namespace headwater::mongodb {
namespace {

/// Debian's libmongoc starts itself when the program is loaded, before main() could tell it not to,
/// and keeps its counters in /dev/shm/mongoc-PID until exit. One that is killed leaves the file
/// behind, and the next process of that number says so on stderr, whatever it was started for
/// (mongoc-counters.c, mongoc_counters_alloc). So the name goes twice: before the library is
/// started, for what another process has left, and after it, so that this one leaves nothing; the
/// mapping lives on.
///
/// The first call is the program's first code at all, before the sanitizers and much of the C++
/// library are ready: nothing here may need them.
__attribute__((no_sanitize("address", "thread", "undefined"))) void forget_the_counters() {
  char name[] = "/mongoc-0000000000";  // NOLINT(modernize-avoid-c-arrays): see above
  char digits[10];                     // NOLINT(modernize-avoid-c-arrays)
  int count = 0;
  for (auto rest = static_cast<unsigned>(::getpid()); rest != 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  char* end = name + sizeof("/mongoc-") - 1;
  while (count != 0) *end++ = digits[--count];
  *end = '\0';
  ::shm_unlink(name);
}

// The linker keeps this list for the program alone; it runs before any library's constructor
// (System V ABI, DT_PREINIT_ARRAY).
__attribute__((section(".preinit_array"),
               used)) void (*const before_the_library)() = forget_the_counters;

__attribute__((constructor)) void after_the_library() { forget_the_counters(); }

}  // namespace

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(nullptr, nullptr);
    mongoc_init();
  });
}

}  // namespace headwater::mongodb
