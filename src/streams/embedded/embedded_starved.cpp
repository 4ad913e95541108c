// A stream whose disk fills up and is freed again. It needs its own process, because it sets limits
// of the process.
//
//   embedded_starved limit FOLDER   no file may grow beyond 1 MiB
//   embedded_starved disk FOLDER    mounts a disk of 4 MiB there, seen by this process only
//
// Exit code 0 on success, 1 with the errors, 77 if it may not mount.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "src/sqlite/database.h"
#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_child.h"

namespace headwater::embedded {
namespace {

using testing::count_position;
using testing::counted;
using testing::sample_batch;

constexpr int cannot_mount = 77;
constexpr std::uint64_t batch = 50;

/// What fills up, and how to free it.
class Starvation {
 public:
  Starvation(bool disk, const std::string& folder) : disk_(disk), ballast_(folder + "/ballast") {}

  bool begin(const std::string& folder) {
    if (!disk_) {
      std::signal(SIGXFSZ, SIG_IGN);
      return limit(1U << 20U);
    }
    const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
    if (::unshare(flags) != 0) return false;
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=4m") != 0) return false;
    std::ofstream(ballast_) << std::string(2U << 20U, 'x');
    return true;
  }
  bool relieve() { return disk_ ? std::filesystem::remove(ballast_) : limit(1U << 24U); }
  [[nodiscard]] const char* error_name() const {
    return disk_ ? "stream.disk_full" : "stream.io_error";
  }

 private:
  static bool limit(rlim_t bytes) {
    rlimit now{};
    ::getrlimit(RLIMIT_FSIZE, &now);
    now.rlim_cur = bytes;
    return ::setrlimit(RLIMIT_FSIZE, &now) == 0;
  }

  bool disk_;
  std::string ballast_;
};

int complain(const std::string& what) {
  std::cerr << what << '\n';
  return 1;
}

/// Appends one batch at the present tail.
Result<Tail> append(StreamWriter& writer) {
  auto found = writer.tail();
  if (!found) return failed(found);
  const std::uint64_t done = counted(found->tail().position);
  auto appended = writer.append(found->tail(), sample_batch("a", done + 1, batch),
                                count_position(done + batch), testing::sample_source);
  if (!appended) return failed(appended);
  return appended->tail();
}

/// Checks that every event is there once and in order, and that the file is intact.
int compare(StreamAdapter& stream, const std::string& path, std::uint64_t count) {
  auto reader = stream.reader();
  if (!reader) return complain(reader.error().message);
  auto found = (*reader)->read(1, {.count = 1'000'000, .bytes = 1U << 28U}, {}, {});
  if (!found) return complain(found.error().message);
  if (found->size() != count) return complain("events: " + std::to_string(found->size()));
  for (std::uint64_t n = 0; n < count; ++n) {
    if ((*found)[n].event.id != "a:" + std::to_string(n + 1)) return complain("order");
  }
  auto database = sqlite::Database::open(path, sqlite::Open::read_only, Origin::stream);
  if (!database || *database->text("PRAGMA integrity_check") != "ok") return complain("integrity");
  return 0;
}

int run(bool disk, const std::string& folder) {
  Starvation starvation(disk, folder);
  if (!starvation.begin(folder)) return cannot_mount;
  const SystemClock clock;
  const std::string path = folder + "/events.db";
  const auto stream = make_stream({.path = path}, clock);
  if (auto prepared = stream->prepare("a"); !prepared) return complain(prepared.error().message);
  auto writer = stream->writer("a");
  if (!writer) return complain(writer.error().message);

  std::uint64_t durable = 0;
  for (int failures = 0; failures < 3;) {
    auto appended = append(**writer);
    if (appended) {
      failures = 0;
      durable = counted(appended->position);
      continue;
    }
    ++failures;
    const Error& error = appended.error();
    if (error.remedy != Remedy::retry || error.name != starvation.error_name() ||
        error.next.empty()) {
      return complain(error.name + ": " + error.message);
    }
  }
  if (durable == 0) return complain("nothing could be appended at all");

  if (!starvation.relieve()) return complain("cannot relieve");
  // The writer that failed continues.
  auto found = (*writer)->tail();
  if (!found) return complain(found.error().message);
  if (counted(found->tail().position) != durable) return complain("the tail has moved");
  for (int more = 0; more < 10; ++more) {
    auto appended = append(**writer);
    if (!appended) return complain(appended.error().message);
    durable += batch;
  }
  return compare(*stream, path, durable);
}

}  // namespace
}  // namespace headwater::embedded

int main(int count, char** words) {
  if (count != 3) return 2;
  return headwater::embedded::run(std::string(words[1]) == "disk", words[2]);
}
