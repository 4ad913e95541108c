// Writes the sample file of the current version: embedded_sample samples/v1.db Run once for each
// version; stored files are never written again.
#include <iostream>
#include <span>
#include <string>

#include "src/streams/embedded/embedded.h"
#include "src/streams/embedded/sample.h"

namespace headwater::embedded {
namespace {

class SampleClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(wall_.time_since_epoch()); }
  void pass(Milliseconds span) { wall_ += span; }

 private:
  WallTime wall_{Milliseconds(1'789'913'600'200)};
};

Result<void> write_sample(const std::string& path) {
  SampleClock clock;
  const auto stream =
      make_stream({.path = path, .retention = {.age = std::chrono::hours(24)}}, clock);
  if (auto prepared = stream->prepare("orders"); !prepared) {
    return failed(prepared);
  }
  auto writer = stream->writer("orders");
  if (!writer) return failed(writer);
  const auto events = sample_events();
  const std::span all(events);
  auto appended = (*writer)->append({}, all.first(1), Position{"1"}, events[0].source);
  if (!appended) return failed(appended);
  if (auto marked = (*writer)->maintain(); !marked) return failed(marked);
  clock.pass(std::chrono::hours(24));
  appended = (*writer)->append(appended->tail(), all.subspan(1), Position{sample_position},
                               events[0].source);
  if (!appended) return failed(appended);
  auto other = stream->writer("other \"relay\"");
  if (!other) return failed(other);
  appended = (*other)->append({}, {}, Position{"elsewhere"}, "sqlite:other");
  if (!appended) return failed(appended);
  auto forgot = (*writer)->maintain();
  if (!forgot) return failed(forgot);
  auto reader = stream->reader();
  if (!reader) return failed(reader);
  return (*reader)->acknowledge("billing", 3);
}

}  // namespace
}  // namespace headwater::embedded

int main(int count, char** words) {
  if (count != 2) return 2;
  auto written = headwater::embedded::write_sample(words[1]);
  if (!written) std::cerr << written.error().message << '\n';
  return written ? 0 : 1;
}
