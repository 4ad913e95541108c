#include "src/streams/stdout/position_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "src/base/hex.h"
#include "src/json/json.h"
#include "src/streams/shared/errors.h"
#include "src/streams/shared/folder.h"
#include "src/streams/stdout/output.h"

namespace headwater::stdout_stream {
namespace {

constexpr std::uint64_t file_version = 1;

using streams::hopeless;

Error not_ours(const std::string& path, const std::string& why) {
  return hopeless("stream.bad_position_file", path + ": not a position file: " + why,
                  "give the relay another path: stream: { stdout: { position: FILE } }");
}

/// The tail in a file's text, which must be of `relay`.
Result<Tail> parse(const std::string& path, const std::string& text, const std::string& relay) {
  const auto file = Json::parse(text);
  if (!file || !file->is_object()) return fail(not_ours(path, "it is not a JSON object"));
  const auto version = (*file)["headwater_stdout_position"].unsigned_integer();
  if (!version) return fail(not_ours(path, "it has no headwater_stdout_position"));
  if (*version > file_version) {
    return fail(
        streams::newer_version(path, std::to_string(*version), std::to_string(file_version)));
  }
  const auto owner = (*file)["relay"].text();
  const auto source = (*file)["source"].text();
  const auto position = bytes_from_hex((*file)["position"].text().value_or("?"));
  const auto sequence = (*file)["sequence"].unsigned_integer();
  if (!owner || !source || !position || !sequence) {
    return fail(not_ours(path, "relay, source, sequence or position is missing or malformed"));
  }
  if (*owner != relay) {
    return fail(
        hopeless("stream.other_relay",
                 path + " holds the position of relay " + std::string(*owner) + ", not of " + relay,
                 "give each relay its own position file"));
  }
  return Tail{
      .sequence = *sequence, .position = Position{*position}, .source = std::string(*source)};
}

Result<void> sync_folder(const std::string& path) {
  const int code = streams::sync_folder_of(path);
  if (code != 0) return fail(output_error(code, streams::folder_of(path)));
  return {};
}

}  // namespace

Result<Tail> PositionFile::load() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    std::error_code unknown;
    if (!std::filesystem::exists(path_, unknown) && !unknown) return Tail{};
    return fail(hopeless("stream.cannot_open", path_ + ": cannot be read", "ls -l " + path_));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse(path_, text.str(), relay_);
}

Result<void> PositionFile::save(const Tail& tail) const {
  // A position may be any bytes, but JSON only holds text.
  std::string position;
  append_hex_bytes(position, tail.position.token);
  // Members sorted by name, as in version 1.
  const Json file{{"headwater_stdout_position", file_version},
                  {"position", position},
                  {"relay", relay_},
                  {"sequence", tail.sequence},
                  {"source", tail.source}};
  // Names and sources that are not UTF-8 do not fail; they are compared as written.
  const std::string text = file.dump(2) + "\n";
  const std::string fresh = path_ + ".new";
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return fail(output_error(errno, fresh));
  auto done = write_all(descriptor, text, fresh);
  if (done && ::fsync(descriptor) != 0) done = fail(output_error(errno, fresh));
  ::close(descriptor);
  if (done && std::rename(fresh.c_str(), path_.c_str()) != 0) {
    done = fail(output_error(errno, path_));
  }
  if (done) done = sync_folder(path_);
  return done;
}

Result<void> PositionFile::sync() const { return sync_folder(path_); }

Result<bool> PositionFile::remove() const {
  std::error_code code;
  const bool was_there = std::filesystem::remove(path_, code);
  if (code) return fail(output_error(code.value(), path_));
  std::filesystem::remove(path_ + ".new", code);
  return was_there;
}

Result<PositionLock> PositionLock::take(const PositionFile& file) {
  // Not the file itself, because each save replaces it.
  const std::string path = file.path() + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return fail(output_error(errno, path));
  PositionLock lock(descriptor, path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(streams::retry_later(
        "stream.locked", file.path() + ": another process is writing with it", "fuser -v " + path));
  }
  return lock;
}

PositionLock::PositionLock(PositionLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

bool PositionLock::cut_short() const {
  struct stat file {};
  return ::fstat(descriptor_, &file) == 0 && file.st_size > 0;
}

Result<void> PositionLock::begin_lines(bool durable) const {
  const bool begun =
      ::pwrite(descriptor_, "w", 1, 0) == 1 && (!durable || ::fdatasync(descriptor_) == 0);
  if (!begun) return fail(output_error(errno, path_));
  return {};
}

Result<void> PositionLock::end_lines() const {
  if (::ftruncate(descriptor_, 0) != 0) return fail(output_error(errno, path_));
  return {};
}

PositionLock::~PositionLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace headwater::stdout_stream
