#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "src/json/json.h"
#include "src/sqlite/database.h"
#include "testing/rig/sqlite_files.h"
#include "testing/rig/stream_under_test.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

/// Read as docs/formats/embedded-stream.md specifies for other programs.
class Embedded final : public StreamUnderTest {
 public:
  Embedded(const TemporaryFolder& folder, const std::string& file, const std::string& keys)
      : keys_("path: " + file + keys), path_(folder / file) {}

  [[nodiscard]] std::string configuration() const override { return "embedded: { " + keys_ + " }"; }
  [[nodiscard]] bool exactly_once() const override { return true; }

  [[nodiscard]] std::vector<Seen> events() const override {
    std::vector<Seen> events;
    auto database = sqlite::Database::open(path_, sqlite::Open::read_only, Origin::usage);
    if (!database) return {};
    auto rows = database->prepare("SELECT id, type FROM event ORDER BY sequence");
    while (rows && rows->step().value_or(false)) {
      events.push_back({.id = std::string(rows->bytes(0)), .type = std::string(rows->bytes(1))});
    }
    return events;
  }

  [[nodiscard]] std::uint64_t progress() const override {
    const auto last = query_integer(path_, "SELECT max(sequence) FROM events");
    return last < 0 ? 0 : static_cast<std::uint64_t>(last);
  }

  void keep_copy() override { copy_database(path_, path_ + ".copy"); }
  void go_back() override { restore_database(path_ + ".copy", path_); }

  void obstruct() override {
    lock_ = sqlite::Database::open(path_, sqlite::Open::read_write, Origin::usage, patience);
    // While this transaction is open, other connections can read but not write.
    if (!lock_ || !lock_->execute("BEGIN IMMEDIATE")) std::abort();
  }
  void relieve() override { lock_ = fail({}); }

 private:
  std::string keys_;
  std::string path_;
  Result<sqlite::Database> lock_ = fail({});
};

class Stdout final : public StreamUnderTest {
 public:
  Stdout(std::string path, std::string position)
      : path_(std::move(path)), position_(std::move(position)) {}

  [[nodiscard]] std::string configuration() const override {
    return "stdout: { position: " + position_ + " }";
  }
  [[nodiscard]] bool exactly_once() const override { return false; }
  [[nodiscard]] std::string output() const override { return path_; }

  [[nodiscard]] std::vector<Seen> events() const override {
    std::vector<Seen> events;
    std::istringstream lines(contents(path_));
    for (std::string line; std::getline(lines, line);) {
      // A relay that is killed in the middle of a line leaves a part of it, which is not an event.
      const auto event = Json::parse(line);
      if (!event || !event->is_object()) continue;
      events.push_back({.id = std::string((*event)["id"].text().value_or("not a text")),
                        .type = std::string((*event)["type"].text().value_or("not a text"))});
    }
    return events;
  }

  [[nodiscard]] std::uint64_t progress() const override {
    std::error_code none;
    const auto size = std::filesystem::file_size(path_, none);
    return none ? 0 : size;
  }

  // The written lines remain; only the position file can be restored.
  void keep_copy() override { std::filesystem::copy_file(position_, position_ + ".copy"); }
  void go_back() override { std::filesystem::rename(position_ + ".copy", position_); }

  void obstruct() override {
    lock_ = ::open((position_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0 || ::flock(lock_, LOCK_EX) != 0) std::abort();
  }
  void relieve() override { ::close(std::exchange(lock_, -1)); }

 private:
  std::string path_;
  std::string position_;
  int lock_ = -1;
};

}  // namespace

std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder) {
  return embedded_stream(folder, "events.db");
}

std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder,
                                                 const std::string& file, const std::string& keys) {
  return std::make_unique<Embedded>(folder, file, keys);
}

std::unique_ptr<StreamUnderTest> stdout_stream(const TemporaryFolder& folder) {
  return std::make_unique<Stdout>(folder / "events.jsonl", folder / "events.position");
}

}  // namespace headwater::rig
