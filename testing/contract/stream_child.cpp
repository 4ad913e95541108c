#include "testing/contract/stream_child.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "testing/rig/retried.h"

namespace headwater::testing {
namespace {

Result<void> run(StreamAdapter& stream, const std::vector<std::string>& arguments) {
  const std::string& what = arguments.at(0);
  const auto make = [&] { return stream.writer(arguments.at(1)); };
  const bool once = what == "append" || what == "quiet";
  auto writer = once ? make() : rig::retried(make);
  if (!writer) return fail(std::move(writer.error()));
  if (what == "race") return race(**writer, arguments.at(2), std::stoull(arguments.at(3)));
  const auto append = [&] {
    std::ostream nowhere(nullptr);
    const std::uint64_t batch = arguments.size() > 3 ? std::stoull(arguments[3]) : 0;
    return append_until(**writer, arguments.at(1), std::stoull(arguments.at(2)), batch,
                        what == "quiet" ? nowhere : std::cout);
  };
  return once ? append() : rig::retried(append);
}

}  // namespace

Event sample_event(const std::string& relay, std::uint64_t number) {
  return sample_batch(relay, number, 1).front();
}

std::vector<Event> sample_batch(const std::string& relay, std::uint64_t first,
                                std::uint64_t count) {
  std::vector<Event> batch;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const std::string text = std::to_string(number);
    std::string id = relay;
    id.append(":").append(text);
    std::string key = relay;
    key.append("/").append(text);
    batch.push_back({.id = std::move(id),
                     .source = sample_source,
                     .type = EventType("shop", relay, "insert"),
                     .subject = "id=" + text,
                     .partition_key = std::move(key),
                     .time = WallTime(Milliseconds(1'700'000'000'000 + number)),
                     .data = R"({"rest":)" + std::to_string(first + count - 1 - number) +
                             R"(,"text":")" + std::string(number % 500, 'x') + "\"}",
                     .position = count_position(number)});
  }
  return batch;
}

std::uint64_t batch_rest(const Event& event) {
  return std::stoull(event.data.substr(event.data.find(':') + 1));
}

Position count_position(std::uint64_t count) { return Position{std::to_string(count)}; }

std::uint64_t counted(const Position& position) {
  return position.empty() ? 0 : std::stoull(position.token);
}

Result<void> append_until(StreamWriter& writer, const std::string& relay, std::uint64_t count,
                          std::uint64_t batch, std::ostream& progress) {
  auto found = writer.tail();
  if (!found) return fail(std::move(found.error()));
  Tail tail = found->tail();
  std::uint64_t done = counted(tail.position);
  while (done < count) {
    const std::uint64_t size = std::min(batch > 0 ? batch : done * 31 % 97 + 1, count - done);
    auto appended = writer.append(tail, sample_batch(relay, done + 1, size),
                                  count_position(done + size), sample_source);
    if (!appended) return fail(std::move(appended.error()));
    tail = appended->tail();
    done += size;
    progress << done << std::endl;
  }
  return {};
}

Result<void> race(StreamWriter& writer, const std::string& name, std::uint64_t count) {
  Tail tail;
  for (std::uint64_t number = 1; number <= count;) {
    // No other racer has this position, so it shows whether an append in doubt happened.
    const Position position{std::to_string(counted(tail.position) + 1) + " " + name + " " +
                            std::to_string(number)};
    auto appended = writer.append(tail, sample_batch(name, number, 1), position, sample_source);
    if (appended) {
      tail = appended->tail();
      ++number;
      continue;
    }
    if (appended.error().remedy == Remedy::stop) return fail(std::move(appended.error()));
    auto found = rig::retried([&] { return writer.tail(); });
    if (!found) return fail(std::move(found.error()));
    tail = found->tail();
    if (tail.position == position) ++number;
  }
  return {};
}

int stream_child(StreamAdapter& stream, const std::vector<std::string>& arguments) {
  auto done = run(stream, arguments);
  if (done) return 0;
  std::cerr << done.error().name << ": " << done.error().message << '\n';
  return 1;
}

}  // namespace headwater::testing
