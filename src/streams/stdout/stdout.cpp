#include "src/streams/stdout/stdout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "src/streams/shared/errors.h"
#include "src/streams/shared/folder.h"
#include "src/streams/stdout/output.h"
#include "src/streams/stdout/position_file.h"

namespace headwater::stdout_stream {
namespace {

constexpr const char* output_name = "standard output";
// Lines are collected into pieces of about this size.
constexpr std::size_t piece_bytes = std::size_t{1} << 18U;

class Writer final : public StreamWriter {
 public:
  Writer(const Options& options, const std::string& relay)
      : relay_(relay), file_(options.position, relay), descriptor_(options.descriptor) {}

  Result<Durable> tail(std::stop_token /*stop*/) override {
    auto found = file_.load();
    if (!found) return failed(found);
    if (auto synced = file_.sync(); !synced) return failed(synced);
    return Durable::confirmed_by_stream(std::move(*found));
  }

  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token /*stop*/) override {
    auto lock = PositionLock::take(file_);
    if (!lock) return failed(lock);
    auto found = file_.load();
    if (!found) return failed(found);
    if (found->sequence != expected.sequence || found->position != expected.position) {
      return fail(streams::conflict(file_.path(), relay_, *found, expected));
    }
    auto done = write(*lock, expected.sequence, events);
    Tail moved{
        .sequence = expected.sequence + events.size(), .position = position, .source = source};
    if (done) done = file_.save(moved);
    if (!done) return failed(done);
    return Durable::confirmed_by_stream(std::move(moved));
  }

  Result<bool> maintain() override { return false; }

 private:
  Result<void> write(const PositionLock& lock, std::uint64_t sequence,
                     std::span<const Event> events) const {
    if (events.empty()) return {};
    // Pipes and terminals need no sync.
    struct stat kind {};
    const bool file = ::fstat(descriptor_, &kind) == 0 && S_ISREG(kind.st_mode);
    // Ends a partial line, so that it does not corrupt the next one.
    std::string piece = lock.cut_short() ? "\n" : "";
    auto done = lock.begin_lines(file);
    for (const Event& event : events) {
      if (!done) return done;
      piece += to_json({.sequence = ++sequence, .event = event});
      piece += '\n';
      if (piece.size() < piece_bytes) continue;
      done = write_all(descriptor_, piece, output_name);
      piece.clear();
    }
    if (done) done = write_all(descriptor_, piece, output_name);
    if (done && file && ::fdatasync(descriptor_) != 0) {
      done = fail(output_error(errno, output_name));
    }
    if (done) done = lock.end_lines();
    return done;
  }

  std::string relay_;
  PositionFile file_;
  int descriptor_;
};

class Adapter final : public StreamAdapter {
 public:
  explicit Adapter(Options options) : options_(std::move(options)) {}

  [[nodiscard]] std::string describe() const override { return output_name; }
  [[nodiscard]] std::string file() const override { return options_.position; }
  [[nodiscard]] bool exactly_once() const override { return false; }
  [[nodiscard]] bool takes_several_relays() const override { return false; }

  Result<Report> prepare(const std::string& relay) override {
    const PositionFile file(options_.position, relay);
    // Checks that the folder can be written, because every append needs that.
    auto lock = PositionLock::take(file);
    if (!lock) return failed(lock);
    auto tail = file.load();
    if (!tail) return failed(tail);
    return Report{describe_tail(*tail), at_least_once()};
  }

  Result<Report> remove(const std::string& relay) override {
    const PositionFile file(options_.position, relay);
    if (auto ours = file.load(); !ours) return failed(ours);
    auto gone = file.remove();
    if (!gone) return failed(gone);
    std::error_code none;
    std::filesystem::remove(options_.position + ".lock", none);
    return Report{{.what = "position file " + options_.position +
                           (*gone ? ": removed" : ": does not exist; nothing to remove")}};
  }

  Report check(const std::string& relay) override {
    auto tail = PositionFile(options_.position, relay).load();
    if (!tail) return {problem(tail.error())};
    const std::string folder = streams::folder_of(options_.position);
    Finding permissions{.what = "permissions: the position file's folder can be written"};
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
      permissions = {.kind = Finding::Kind::problem,
                     .what = "permissions: this user may not write the position file's folder",
                     .next = "ls -ld " + folder};
    }
    return {describe_tail(*tail), permissions, at_least_once()};
  }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    return std::make_unique<Writer>(options_, relay);
  }

  Result<std::unique_ptr<StreamReader>> reader() override {
    return fail(streams::hopeless(
        "stream.not_readable", "standard output cannot be read back",
        "use a stream that keeps its events: stream: { embedded: { path: events.db } }"));
  }

 private:
  [[nodiscard]] Finding describe_tail(const Tail& tail) const {
    return {.what = "position file " + options_.position +
                    (tail == Tail{} ? ": nothing written yet"
                                    : ": the last event is " + std::to_string(tail.sequence))};
  }

  static Finding at_least_once() {
    return {.kind = Finding::Kind::note,
            .what =
                "standard output cannot compare: after a crash some events may be repeated under "
                "the same ids"};
  }

  Options options_;
};

}  // namespace

std::unique_ptr<StreamAdapter> make_stream(Options options) {
  return std::make_unique<Adapter>(std::move(options));
}

}  // namespace headwater::stdout_stream
