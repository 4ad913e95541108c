#include "src/streams/embedded/inspect.h"

#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/streams/embedded/file.h"
#include "src/streams/embedded/retention.h"
#include "src/streams/shared/findings.h"
#include "src/streams/shared/folder.h"

namespace headwater::embedded {
namespace {

using sqlite::Database;
using sqlite::Open;
using streams::folder_of;
using streams::mebibytes;

constexpr Milliseconds patience_to_look{1000};
constexpr std::uint64_t little_room = std::uint64_t{256} << 20U;
constexpr std::uint64_t large_wal = std::uint64_t{128} << 20U;

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

using Kind = Finding::Kind;

std::string duration(Milliseconds span) {
  const auto seconds = span.count() / 1000;
  if (seconds >= 2 * day) return std::to_string(seconds / day) + " d";
  if (seconds >= 2 * hour) return std::to_string(seconds / hour) + " h";
  if (seconds >= 2 * minute) return std::to_string(seconds / minute) + " min";
  return std::to_string(seconds) + " s";
}

Finding permissions(const std::string& path) {
  const std::string folder = folder_of(path);
  if (::access(path.c_str(), R_OK | W_OK) == 0 && ::access(folder.c_str(), R_OK | W_OK) == 0) {
    return {.what = "permissions: file and folder can be written"};
  }
  return {.kind = Kind::problem,
          .what = "permissions: this user may not write " + path + " or its folder",
          .next = "ls -ld " + folder + " " + path};
}

Finding room(const std::string& path) {
  std::error_code unknown;
  const auto space = std::filesystem::space(folder_of(path), unknown);
  if (unknown) return {.kind = Kind::note, .what = "free disk: " + unknown.message()};
  Finding finding{.what = "free disk: " + mebibytes(space.available)};
  if (space.available < little_room) {
    finding.kind = Kind::problem;
    finding.next = "free disk space, or lower the stream's retention: df -h " + folder_of(path);
  }
  return finding;
}

/// File systems that lose synced data when the machine stops, or that cannot share memory.
Finding durability(const std::string& path) {
  struct Kept {
    std::int64_t magic;
    const char* name;
    const char* why;
  };
  constexpr std::array<Kept, 6> doubtful{{
      {0x01021994, "tmpfs", "it is in memory and does not survive a restart of the machine"},
      {0x858458f6, "ramfs", "it is in memory and does not survive a restart of the machine"},
      {0x6969, "nfs", "SQLite's WAL needs memory shared between processes"},
      {0xff534d42, "cifs", "SQLite's WAL needs memory shared between processes"},
      {0xfe534d42, "smb2", "SQLite's WAL needs memory shared between processes"},
      {0x01021997, "9p", "SQLite's WAL needs memory shared between processes"},
  }};
  struct statfs system {};
  if (::statfs(path.c_str(), &system) == 0) {
    for (const Kept& kept : doubtful) {
      if (static_cast<std::int64_t>(system.f_type) != kept.magic) continue;
      return {.kind = Kind::problem,
              .what = std::string("durability: the file is on ") + kept.name + "; " + kept.why,
              .next = "put the stream on a local disk"};
    }
  }
  return {.what = "durability: every append is synced (WAL, synchronous FULL)"};
}

Result<Finding> size(Database& database) {
  auto now = usage(database);
  if (!now) return failed(now);
  std::error_code unknown;
  const auto wal = std::filesystem::file_size(database.path() + "-wal", unknown);
  Finding finding{.what = "size: " + mebibytes(now->bytes()) + ", in use " +
                          mebibytes(now->used_bytes()) + ", -wal " + mebibytes(unknown ? 0 : wal)};
  if (!unknown && wal > large_wal) {
    finding.kind = Kind::note;
    finding.next =
        "a program keeps a read open and the -wal from shrinking: fuser -v " + database.path();
  }
  return finding;
}

Result<Finding> range(Database& database) {
  auto first = database.integer("SELECT min(sequence) FROM events");
  if (!first) return failed(first);
  auto last = last_sequence(database);
  if (!last) return failed(last);
  if (*first == 0) {
    return Finding{.what = "events: none; the next is " + std::to_string(*last + 1)};
  }
  const auto count = *last + 1 - static_cast<std::uint64_t>(*first);
  return Finding{.what = "events: " + std::to_string(*first) + " to " + std::to_string(*last) +
                         " (" + std::to_string(count) + ")"};
}

Result<Finding> retention(Database& database, const Retention& limits, WallTime now) {
  if (!limits.age && !limits.size) return Finding{.what = "retention: none; all events are kept"};
  std::string what = "retention:";
  if (limits.age) what += " " + duration(*limits.age);
  if (limits.size) what += " " + mebibytes(*limits.size);
  auto due = exceeded(database, limits, now);
  if (!due) return failed(due);
  if (!*due) return Finding{.what = what};
  auto hold = slowest_consumer(database);
  if (!hold) return failed(hold);
  auto first = database.integer("SELECT min(sequence) FROM events");
  if (!first) return failed(first);
  auto last = last_sequence(database);
  if (!last) return failed(last);
  if (limits.ignore_consumers || !*hold ||
      (*hold)->acknowledged >= static_cast<std::uint64_t>(*first)) {
    return Finding{.what = what + "; exceeded; the relay removes the rest while it runs"};
  }
  return Finding{
      .kind = Kind::problem,
      .what = what + "; exceeded, and held back by consumer " + (*hold)->consumer + ", " +
              std::to_string(*last - (*hold)->acknowledged) + " events behind (acknowledged " +
              std::to_string((*hold)->acknowledged) + ")",
      .next = "start that consumer, or remove it: sqlite3 " + database.path() +
              " \"DELETE FROM consumers WHERE name=" + sqlite::quote_text((*hold)->consumer) +
              "\", or set retention: { consumers: ignore }"};
}

}  // namespace

Result<Finding> describe_tail(Database& database, const std::string& relay) {
  auto select = database.prepare("SELECT sequence, source FROM relays WHERE name = ?");
  if (!select) return failed(select);
  select->bind_text(0, relay);
  auto row = select->step();
  if (!row) return failed(row);
  Tail tail;
  if (*row) {
    tail.sequence = static_cast<std::uint64_t>(select->integer(0));
    tail.source = select->bytes(1);
  }
  return streams::describe_tail(relay, tail);
}

Report inspect(const Options& options, const std::string& relay, WallTime now) {
  auto database = open_file(options.path, Open::read_only, patience_to_look);
  if (!database) return {problem(database.error())};
  Report report;
  report.push_back(
      {.what = "stream " + options.path + ": version " + std::to_string(file_version)});
  const auto add = [&report](Result<Finding> found) {
    report.push_back(found ? std::move(*found) : problem(found.error()));
  };
  add(size(*database));
  add(range(*database));
  add(describe_tail(*database, relay));
  add(retention(*database, options.retention, now));
  report.push_back(permissions(options.path));
  report.push_back(room(options.path));
  report.push_back(durability(options.path));
  return report;
}

}  // namespace headwater::embedded
