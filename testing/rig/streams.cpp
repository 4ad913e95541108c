#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "src/sqlite/database.h"
#include "testing/rig/pipeline.h"

namespace headwater::rig {
namespace {

/// Read as docs/formats/embedded-stream.md says a stranger may.
class Embedded final : public StreamUnderTest {
 public:
  explicit Embedded(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string configuration() const override {
    return "embedded: { path: events.db }";
  }
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
    const auto last = ask(path_, "SELECT max(sequence) FROM events");
    return last < 0 ? 0 : static_cast<std::uint64_t>(last);
  }

 private:
  std::string path_;
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
      // A relay killed in the middle of a line leaves a piece of one, which no reader takes for an
      // event.
      const auto event = nlohmann::json::parse(line, nullptr, false);
      if (event.is_object()) events.push_back({.id = event.at("id"), .type = event.at("type")});
    }
    return events;
  }

  [[nodiscard]] std::uint64_t progress() const override {
    std::error_code none;
    const auto size = std::filesystem::file_size(path_, none);
    return none ? 0 : size;
  }

 private:
  std::string path_;
  std::string position_;
};

}  // namespace

std::unique_ptr<StreamUnderTest> embedded_stream(const TemporaryFolder& folder) {
  return std::make_unique<Embedded>(folder / "events.db");
}

std::unique_ptr<StreamUnderTest> stdout_stream(const TemporaryFolder& folder) {
  return std::make_unique<Stdout>(folder / "events.jsonl", "events.position");
}

}  // namespace headwater::rig
