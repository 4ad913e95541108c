#include "testing/serve/served.h"

#include <numeric>
#include <regex>
#include <utility>

#include "testing/rig/retried.h"

namespace headwater {

Served::Served(std::string stream, const std::string& serve) : stream_(std::move(stream)) {
  configure(serve);
}

void Served::configure(const std::string& serve, const std::string& listen) const {
  rig::write_file(folder_ / "headwater.yaml",
                  "relay: orders\n"
                  "source: { sqlite: { path: shop.db, tables: all } }\n"
                  "stream: " +
                      stream_ + "\nserve: { listen: " + listen + serve + " }\n");
}

StreamAdapter& Served::stream() {
  if (!relay_) {
    auto configured = cli::configured_relay({.file = folder_ / "headwater.yaml"}, clock_);
    if (!configured) {
      ADD_FAILURE() << configured.error().message;
      std::abort();
    }
    relay_ = *std::move(configured);
  }
  return *relay_->stream;
}

void Served::prepare() {
  writer_.reset();
  auto prepared = stream().prepare("orders");
  ASSERT_TRUE(prepared) << prepared.error().message;
}

void Served::append(std::uint64_t count, std::size_t data_bytes) {
  if (!writer_) {
    auto writer = rig::retried([&] { return stream().writer("orders"); });
    ASSERT_TRUE(writer) << writer.error().message;
    writer_ = *std::move(writer);
  }
  auto tail = rig::retried([&] { return writer_->tail(); });
  ASSERT_TRUE(tail) << tail.error().message;
  std::vector<Event> events;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::string number = std::to_string(tail->tail().sequence + i);
    events.push_back({.id = "id-" + number,
                      .source = "fake",
                      .type = EventType::parse("shop.orders.insert"),
                      .subject = number,
                      .partition_key = "orders/" + number,
                      .time = clock_.wall(),
                      .data = R"({"op":"insert","text":")" + std::string(data_bytes, 'x') + "\"}",
                      .position = {number}});
  }
  const Position position = events.back().position;
  auto appended = writer_->append(tail->tail(), events, position, "fake");
  ASSERT_TRUE(appended) << appended.error().message;
}

rig::Command Served::command() const {
  return {.words = {HEADWATER, "serve", "-c", folder_ / "headwater.yaml"}};
}

void Served::start() {
  process_.reset();
  port_ = 0;
  process_.emplace(command());
  ASSERT_TRUE(rig::wait_until([&] {
    const std::regex line("streams at https?://127\\.0\\.0\\.1:([0-9]+)/streams\n");
    const std::string log = process_->errors();
    std::smatch found;
    if (std::regex_search(log, found, line)) port_ = std::stoi(found[1]);
    return port_ != 0 || !process_->running();
  }));
  ASSERT_NE(port_, 0) << process_->errors();
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all(to + 1 - from);
  std::iota(all.begin(), all.end(), from);
  return all;
}

}  // namespace headwater
