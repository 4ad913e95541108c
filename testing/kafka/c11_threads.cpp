// Starts librdkafka's threads as POSIX threads, for the thread sanitizer. It does not know threads
// that C11's <threads.h> starts, and crashes in the first call that it intercepts there. In glibc
// thrd_t is pthread_t (threads.h, pthread.h).
#include <pthread.h>
#include <threads.h>

#include <cstdint>
#include <memory>

namespace {

struct Start {
  thrd_start_t run;
  void* argument;
};

void* run(void* data) {
  const std::unique_ptr<Start> start(static_cast<Start*>(data));
  start->run(start->argument);
  return nullptr;
}

}  // namespace

extern "C" int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{.run = function, .argument = argument});
  if (pthread_create(thread, nullptr, &run, start.get()) != 0) return thrd_error;
  (void)start.release();  // run() now owns it
  return thrd_success;
}

extern "C" int thrd_join(thrd_t thread, int* result) {
  if (pthread_join(thread, nullptr) != 0) return thrd_error;
  if (result != nullptr) *result = 0;
  return thrd_success;
}
