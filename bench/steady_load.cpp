#include "bench/steady_load.h"

#include <chrono>
#include <thread>

#include "bench/process.h"
#include "bench/workbench.h"
#include "src/json/json.h"

namespace headwater::bench {

SteadyTime due(SteadyTime start, std::int64_t i, int per_second) {
  return start + std::chrono::nanoseconds(std::chrono::seconds(1)) * i / per_second;
}

double milliseconds(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

Result<std::vector<SteadyTime>> commit_rows(const std::string& path, std::int64_t count,
                                            int per_second) {
  auto database = open_writer(path);
  if (!database) return failed(database);
  auto load = Load::on(*database);
  if (!load) return failed(load);
  std::vector<SteadyTime> committed;
  committed.reserve(static_cast<std::size_t>(count));
  const SteadyTime start = now();
  for (std::int64_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(due(start, i, per_second));
    if (auto done = load->insert(i + 1); !done) return failed(done);
    committed.push_back(now());
  }
  return committed;
}

Result<std::vector<double>> spans_from(const std::vector<SteadyTime>& committed,
                                       const std::vector<Arrival>& arrivals, std::int64_t skipped) {
  std::vector<double> spans;
  for (const auto& arrival : arrivals) {
    const auto data = Json::parse(arrival.data).value_or(Json());
    const auto row = data["key"]["id"].unsigned_integer();
    if (data["op"] != "insert" || !row || *row == 0 || *row > committed.size()) {
      return fail(bench_error("not the event of an insert: " + arrival.data));
    }
    if (*row <= static_cast<std::uint64_t>(skipped)) continue;
    spans.push_back(milliseconds(committed[*row - 1], arrival.at));
  }
  return spans;
}

}  // namespace headwater::bench
