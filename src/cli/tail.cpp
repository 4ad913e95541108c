// headwater tail: the events of the stream, one CloudEvents JSON object a line.
#include <algorithm>
#include <cerrno>
#include <optional>

#include "src/base/number_in.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/consumer_name.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"

namespace headwater::cli {
namespace {

constexpr ReadLimits at_once{.count = 1'000, .bytes = std::size_t{1} << 20U};
constexpr Milliseconds longest_wait{60'000};
constexpr std::uint64_t usual_count = 10;

struct TailWords {
  Target target;
  std::string from;
  std::optional<std::uint64_t> count;
  bool follow = false;
  std::string consumer;
};

class Tailer {
 public:
  Tailer(const TailWords& options, Program& program, StreamReader& reader, std::stop_token stop)
      : options_(options), program_(program), reader_(reader), stop_(std::move(stop)) {}

  Result<void> run() {
    auto range = reader_.range();
    if (!range) return failed(range);
    auto from = options_.consumer.empty() ? start(*range) : start_of_consumer(*range);
    if (!from) return failed(from);
    // There is nothing to print, but only the stream knows whether there ever will be.
    if (*from > range->last) {
      auto there = reader_.read(*from, at_once, Milliseconds(0), stop_);
      if (!there) return failed(there);
    }
    if (*from < range->first && range->last >= range->first) tell_removed(*from, range->first);
    return write_from(*from == 0 ? 0 : std::max(*from, range->first), range->last);
  }

 private:
  void tell_removed(std::uint64_t from, std::uint64_t first) {
    if (from == 0 || from >= first) return;
    program_.log.write(
        LogLevel::warn, "", "tail.aged_out",
        "events before " + std::to_string(first) + " have been removed by retention");
  }

  // Retention may have been faster than the reader of the output. Sequences may skip numbers, so
  // only the stream knows.
  Result<void> tell_skipped(std::uint64_t next, const std::vector<StoredEvent>& events) {
    std::uint64_t missing = 0;
    std::uint64_t found = 0;
    for (const StoredEvent& stored : events) {
      if (stored.sequence > next) {
        missing = next;
        found = stored.sequence;
      }
      next = stored.sequence + 1;
    }
    if (missing == 0) return {};
    auto range = reader_.range();
    if (!range) return failed(range);
    tell_removed(missing, std::min(range->first, found));
    return {};
  }

  Result<std::uint64_t> start(const StreamRange& range) {
    if (options_.from == "earliest") return range.first;
    if (options_.from == "latest") return range.last + 1;
    if (!options_.from.empty()) return std::stoull(options_.from);
    return start_of_last(range, options_.count.value_or(usual_count));
  }

  // Sequences need not be contiguous, so the last `count` events may begin earlier than their
  // number suggests: search further back until there are enough.
  Result<std::uint64_t> start_of_last(const StreamRange& range, std::uint64_t count) {
    if (count == 0) return range.last + 1;
    for (std::uint64_t span = count;; span *= 2) {
      const bool whole = span > range.last || range.last + 1 - span <= range.first;
      const std::uint64_t from = whole ? range.first : range.last + 1 - span;
      auto found = skip_to_last(from, range.last, count);
      if (!found) return failed(found);
      if (whole || *found != 0) return *found != 0 ? *found : from;
    }
  }

  // Returns where the last `count` events between `from` and `last` begin; 0: there are fewer.
  Result<std::uint64_t> skip_to_last(std::uint64_t from, std::uint64_t last, std::uint64_t count) {
    if (last + 1 - from < count) return 0;
    std::uint64_t present = 0;
    auto counted = each(from, last, [&present](const StoredEvent&) { return ++present != 0; });
    if (!counted) return failed(counted);
    if (present < count) return 0;
    std::uint64_t skip = present - count;
    std::uint64_t start = from;
    if (skip == 0) return start;
    auto found = each(from, last, [&](const StoredEvent& stored) {
      start = stored.sequence;
      return skip-- != 0;
    });
    if (!found) return failed(found);
    return start;
  }

  // Until `see` returns false.
  template <class See>
  Result<void> each(std::uint64_t from, std::uint64_t last, See see) {
    while (from <= last && !stop_.stop_requested()) {
      auto events = reader_.read(from, at_once, Milliseconds(0), stop_);
      if (!events) return failed(events);
      if (events->empty()) return {};
      for (const StoredEvent& stored : *events) {
        if (stored.sequence > last || !see(stored)) return {};
      }
      from = events->back().sequence + 1;
    }
    return {};
  }

  Result<std::uint64_t> start_of_consumer(const StreamRange& range) {
    if (!options_.from.empty()) return start_again(range);
    auto acknowledged = reader_.acknowledged(options_.consumer);
    if (!acknowledged) return failed(acknowledged);
    // From now on retention keeps the events it still needs.
    const std::uint64_t place = acknowledged->value_or(0);
    auto registered = reader_.acknowledge(options_.consumer, place);
    if (!registered) return failed(registered);
    return place == 0 ? 0 : place + 1;
  }

  // Its earlier place does not matter, even if it belongs to another stream.
  Result<std::uint64_t> start_again(const StreamRange& range) {
    auto from = start(range);
    if (!from) return from;
    auto done = reader_.forget(options_.consumer);
    if (done) done = reader_.acknowledge(options_.consumer, *from > 0 ? *from - 1 : 0);
    if (!done) return failed(done);
    return from;
  }

  // With neither --from nor --consumer, -n has chosen the start and does not end a --follow.
  [[nodiscard]] std::optional<std::uint64_t> limit() const {
    if (options_.from.empty() && options_.consumer.empty()) return std::nullopt;
    return options_.count;
  }

  Result<void> write_from(std::uint64_t next, std::uint64_t last) {
    std::uint64_t left = limit().value_or(UINT64_MAX);
    while (left > 0 && (options_.follow || next <= last) && !stop_.stop_requested()) {
      ReadLimits limits = at_once;
      if (left < limits.count) limits.count = static_cast<std::size_t>(left);
      const Milliseconds wait = options_.follow ? longest_wait : Milliseconds(0);
      auto events = reader_.read(next, limits, wait, stop_);
      if (!events) return failed(events);
      if (events->empty() && !options_.follow) return {};
      while (!options_.follow && !events->empty() && events->back().sequence > last) {
        events->pop_back();
      }
      if (events->empty()) {
        if (options_.follow) continue;
        return {};
      }
      if (auto told = tell_skipped(next, *events); !told) return told;
      left -= events->size();
      next = events->back().sequence + 1;
      if (auto written = write(*events); !written || !*written) {
        return written ? Result<void>() : failed(written);
      }
    }
    return {};
  }

  // Returns false if nobody reads any more.
  Result<bool> write(const std::vector<StoredEvent>& events) {
    std::string lines;
    for (const StoredEvent& stored : events) lines += to_json(stored) + "\n";
    if (!print(lines)) {
      if (errno == EPIPE) return false;
      return fail(not_printed(errno));
    }
    if (options_.consumer.empty()) return true;
    auto acknowledged = reader_.acknowledge(options_.consumer, events.back().sequence);
    if (!acknowledged) return failed(acknowledged);
    return true;
  }

  const TailWords& options_;
  Program& program_;
  StreamReader& reader_;
  std::stop_token stop_;
};

int run(const TailWords& options, Program& program) {
  auto relay = relay_of_stream(options.target, program.clock);
  if (!relay) return end_with(relay.error(), options.target, program.log);
  const Signals signals(program.log, {.watch_output = true});
  Patience patience(program.clock, program.log, signals.stop());
  auto reader = patience.of([&] { return relay->stream->reader(); });
  if (!reader) return end_with(reader.error(), options.target, program.log);
  if (options.follow) patience.be_endless();
  PatientReader patient(**reader, patience);
  Tailer tailer(options, program, patient, signals.stop());
  auto ended = tailer.run();
  const bool stopped = signals.stop().stop_requested();
  if (!ended && !(stopped && ended.error().remedy == Remedy::retry)) {
    return end_with(ended.error(), options.target, program.log);
  }
  return ExitCode::done;
}

std::string bad_start(const std::string& word) {
  if (word == "earliest" || word == "latest" || whole_number(word)) return "";
  return "'" + word + "' is neither earliest, latest nor a sequence number";
}

}  // namespace

void add_tail(Command& app, Program& program) {
  auto options = std::make_shared<TailWords>();
  Command command = app.add_command("tail", "Print events, one CloudEvents JSON object a line");
  command.footer(
      "Without --from: prints the last N events (10). With --from: prints all events from there,\n"
      "or the first N of them.\n\n"
      "Examples: headwater tail -c headwater.yaml --follow\n"
      "          headwater tail -c headwater.yaml --from earliest | jq .type");
  add_target(command, options->target, program);
  command
      .option("--from", options->from,
              "Start there; latest is after the last event that exists now")
      .type_name("earliest|latest|SEQUENCE")
      .check(bad_start);
  command.flag("-f,--follow", options->follow, "Continue with new events as they arrive");
  command.option("-n", options->count, "This many events").type_name("N");
  command
      .option(
          "--consumer", options->consumer,
          "Start after the last event this consumer acknowledged (a new one: at the earliest),\n"
          "and acknowledge what was written; retention keeps what it still needs.\n"
          "With --from: start there, whatever it has acknowledged")
      .type_name("NAME")
      .check(bad_consumer);
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
