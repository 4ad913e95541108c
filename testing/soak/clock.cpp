#include "testing/soak/clock.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "testing/rig/server_program.h"

namespace headwater::soak {
namespace {

std::atomic<std::int64_t> sqlite_offset_ms = 0;
sqlite3_vfs* machine = nullptr;

int stepped_time(sqlite3_vfs* /*files*/, sqlite3_int64* milliseconds) {
  const int code = machine->xCurrentTimeInt64(machine, milliseconds);
  *milliseconds += sqlite_offset_ms;
  return code;
}

/// SQLite's usual way to files, with another clock.
sqlite3_vfs* with_stepped_time() {
  machine = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs files = *machine;
  files.zName = "stepped";
  files.xCurrentTimeInt64 = &stepped_time;
  return &files;
}

}  // namespace

Clock::Clock(std::string path) : path_(std::move(path)) {
  constexpr std::size_t size = sizeof(std::atomic<std::int64_t>);
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || ::ftruncate(file, size) != 0) rig::give_up("cannot make " + path_);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) rig::give_up("cannot map " + path_);
  offset_ = static_cast<std::atomic<std::int64_t>*>(memory);
}

Clock::~Clock() { ::munmap(offset_, sizeof(*offset_)); }

void Clock::set(std::chrono::nanoseconds offset) { *offset_ = offset.count(); }

void set_sqlite_clock(std::chrono::milliseconds offset) {
  static const int registered = sqlite3_vfs_register(with_stepped_time(), 1);
  if (registered != SQLITE_OK) rig::give_up("cannot step the clock of SQLite");
  sqlite_offset_ms = offset.count();
}

std::vector<std::string> Clock::prefix() const {
  return {"/usr/bin/env", std::string("LD_PRELOAD=") + HEADWATER_STEPPED_CLOCK,
          "HEADWATER_CLOCK=" + path_};
}

}  // namespace headwater::soak
