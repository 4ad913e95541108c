// waits_by_the_clock SECONDS: a process that waits until a time by the wall clock, for a test.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable never;
  std::puts("waiting");
  std::fflush(stdout);
  never.wait_until(lock,
                   std::chrono::system_clock::now() + std::chrono::seconds(std::atoi(argv[1])),
                   [] { return false; });
  return 0;
}
