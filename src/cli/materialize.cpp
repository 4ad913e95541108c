// headwater materialize: keeps tables or collections equal to what the events say.
#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "src/base/grouped.h"
#include "src/base/number_in.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/copy_progress.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"
#include "src/event/time_text.h"
#include "src/materialize/copier.h"
#include "src/materialize/errors.h"

namespace headwater::cli {
namespace {

struct MaterializeWords {
  cli::Target target;
  std::string name;
  std::string until;
  bool rebuild = false;
  bool incomplete = false;
  bool once = false;
  bool follow = false;
};

materialize::End end_of(const MaterializeWords& words) {
  materialize::End end{.at_end = words.once || !words.until.empty()};
  end.sequence = whole_number(words.until);
  if (!end.sequence && !words.until.empty()) end.time = typed_time_from(words.until);
  return end;
}

/// Its own tables: "orders_at_4711", "orders_at_20261123t081530z".
CopyName copy_until(const std::string& name, const std::string& until) {
  std::string suffix = "_at_";
  for (const char letter : until) {
    const auto c = static_cast<unsigned char>(letter);
    if (std::isalnum(c) != 0) suffix += static_cast<char>(std::tolower(c));
  }
  return {.name = name + "@" + until, .suffix = suffix};
}

/// An interrupted rebuild of another stream, or with other tables, cannot be continued.
bool is_of_another_copy(const Error& error) {
  constexpr std::array<std::string_view, 5> names{
      "materialize.other_stream", "materialize.other_options", "materialize.aged_out",
      "stream.beyond_end", "stream.recreated"};
  return std::ranges::find(names, error.name) != names.end();
}

class Materialize {
 public:
  Materialize(const MaterializeWords& words, Program& program, ConfiguredRelay& relay,
              std::stop_token stop)
      : words_(words),
        program_(program),
        relay_(relay),
        stop_(std::move(stop)),
        name_(words.name.empty() ? relay.copy->name : words.name),
        lasting_(!words.once && words.until.empty()) {}

  Result<void> run() {
    if (auto opened = open_readers(); !opened) return opened;
    if (!words_.until.empty()) return until();
    const CopyName main{.name = name_, .suffix = ""};
    const std::string consumer = "materialize." + name_;
    if (words_.rebuild) return rebuild(main, consumer);
    auto target = open(main);
    if (!target) return failed(target);
    return copy(**target, consumer, end_of(words_), lasting_);
  }

 private:
  materialize::Retry retry() {
    return [this](const std::function<Result<void>()>& call, std::stop_token stop) {
      Patience patience(program_.clock, program_.log, std::move(stop));
      if (lasting_) patience.be_endless();
      return patience.of(call);
    };
  }

  Result<void> open_readers() {
    for (auto* const reader : {&reading_, &asking_, &counting_}) {
      auto opened = materialize::retried(retry(), stop_, [&] { return relay_.stream->reader(); });
      if (!opened) return failed(opened);
      *reader = *std::move(opened);
    }
    return {};
  }

  Result<std::unique_ptr<headwater::Target>> open(const CopyName& copy) {
    return materialize::retried(retry(), stop_, [&] { return relay_.copy->target->open(copy); });
  }

  Result<void> copy(headwater::Target& target, const std::string& consumer, materialize::End end,
                    bool stand_by) {
    const std::string what = relay_.stream->describe() + " -> " + relay_.copy->target->describe();
    const auto last = [this]() -> std::optional<std::uint64_t> {
      auto range = counting_->range();
      if (!range) return std::nullopt;
      return range->last;
    };
    CopyLog observer(name_, what, last, program_.clock, program_.log);
    materialize::Copier copier(*reading_, *asking_, target,
                               {.stream = relay_.stream->describe(),
                                .consumer = consumer,
                                .decoder = relay_.copy->decoder,
                                .end = end,
                                .incomplete = words_.incomplete,
                                .stand_by = stand_by},
                               program_.clock, retry(), observer);
    auto done = copier.run(stop_);
    program_.log.show_status("");
    const auto& progress = copier.progress();
    if (!done && !(stop_.stop_requested() && done.error().remedy == Remedy::retry)) return done;
    std::string text = "stopped after " + grouped(progress.events) + " events, at event " +
                       std::to_string(progress.sequence);
    if (progress.gaps > 0) text += ", " + grouped(progress.gaps) + " gaps";
    if (progress.left_out > 0) text += ", " + grouped(progress.left_out) + " updates left out";
    program_.log.write(LogLevel::info, name_, "materialize.stopped", text,
                       {{"events", progress.events},
                        {"place", progress.sequence},
                        {"gaps", progress.gaps},
                        {"left_out", progress.left_out}});
    return {};
  }

  /// Builds new tables beside the old ones, and lets them replace the old ones.
  Result<void> rebuild(const CopyName& main, const std::string& consumer) {
    const CopyName building{.name = name_ + "+rebuild", .suffix = "_rebuild"};
    const std::string holder = consumer + "+rebuild";
    auto target = open(building);
    if (!target) return failed(target);
    auto built = copy(**target, holder, {.at_end = true}, false);
    if (!built && is_of_another_copy(built.error())) {
      if (auto gone = (*target)->remove(); !gone) return gone;
      if (auto gone = asking_->forget(holder); !gone) return gone;
      built = copy(**target, holder, {.at_end = true}, false);
    }
    if (!built || stop_.stop_requested()) return built;
    if (auto switched = switch_to(**target, main); !switched) return switched;
    program_.log.write(LogLevel::info, name_, "materialize.switched",
                       "the new tables have replaced the old ones");
    for (const std::string& each : {holder, consumer}) {
      if (auto gone = asking_->forget(each); !gone) return gone;
    }
    return copy(**target, consumer, end_of(words_), lasting_);
  }

  /// The old copy may be moving.
  Result<void> switch_to(headwater::Target& built, const CopyName& main) {
    constexpr int tries = 100;
    Result<void> done;
    for (int i = 0; i < tries; ++i) {
      auto old = open(main);
      if (!old) return failed(old);
      auto place = (*old)->place();
      if (!place) return failed(place);
      done = materialize::retried(retry(), stop_, [&] { return built.replace(main, *place); });
      if (done || done.error().remedy != Remedy::stand_by) return done;
    }
    return done;
  }

  Result<void> until() {
    const materialize::End end = end_of(words_);
    auto range = asking_->range();
    if (!range) return failed(range);
    const bool ahead = (end.sequence && *end.sequence > range->last) ||
                       (end.time && *end.time > program_.clock.wall());
    if (ahead) return fail(materialize::until_ahead(words_.until, range->last));
    auto target = open(copy_until(name_, words_.until));
    if (!target) return failed(target);
    if (auto done = copy(**target, "", end, false); !done) return done;
    auto place = (*target)->place();
    auto tables = (*target)->tables();
    if (!place) return failed(place);
    if (!tables) return failed(tables);
    std::string lines =
        relay_.copy->target->describe() + ", at event " + std::to_string(place->sequence) + ":\n";
    for (const std::string& table : *tables) lines += "  " + table + "\n";
    printed_ = print(lines);
    return {};
  }

 public:
  [[nodiscard]] bool printed() const { return printed_; }

 private:
  const MaterializeWords& words_;
  Program& program_;
  ConfiguredRelay& relay_;
  std::stop_token stop_;
  std::string name_;
  bool lasting_;
  bool printed_ = true;
  // A reader is for one thread and one task.
  std::unique_ptr<StreamReader> reading_, asking_, counting_;
};

/// The relay whose configuration has a copy. The parts of one relay have one copy.
Result<ConfiguredRelay> relay_with_copy(const cli::Target& target, const Clock& clock) {
  auto relays = configured_relays(target, clock);
  if (!relays) return failed(relays);
  std::erase_if(*relays, [](const ConfiguredRelay& relay) { return !relay.copy; });
  if (relays->empty()) {
    return fail({.name = "config.no_copy",
                 .message = target.file + " does not say what to materialize",
                 .next = "add to the relay: materialize: { into: { sqlite: { path: copy.db } } }"});
  }
  for (const ConfiguredRelay& relay : *relays) {
    if (relay.copy->target == relays->front().copy->target) continue;
    return fail({.name = "config.several_relays",
                 .message = target.file + " has several relays with a copy; choose one",
                 .next = "add --relay " + relays->front().name});
  }
  return std::move(relays->front());
}

Result<void> check_together(const MaterializeWords& words) {
  const bool until = !words.until.empty();
  std::string both;
  if (until && words.rebuild) both = "--until and --rebuild";
  if (until && words.follow) both = "--until and --follow";
  if (words.once && words.follow) both = "--once and --follow";
  if (both.empty()) return {};
  return fail({.name = "usage.together",
               .message = both + " exclude each other",
               .next = "headwater materialize --help"});
}

int run(const MaterializeWords& words, Program& program) {
  if (auto fine = check_together(words); !fine) {
    return end_with(fine.error(), words.target, program.log);
  }
  auto relay = relay_with_copy(words.target, program.clock);
  if (!relay) return end_with(relay.error(), words.target, program.log);
  const Signals signals(program.log);
  Materialize materialize(words, program, *relay, signals.stop());
  auto done = materialize.run();
  program.log.show_status("");
  if (!done && !(signals.stop().stop_requested() && done.error().remedy == Remedy::retry)) {
    return end_with(done.error(), words.target, program.log);
  }
  return materialize.printed() ? int{ExitCode::done} : end_unprinted(program.log);
}

std::string bad_until(const std::string& word) {
  if (whole_number(word) || typed_time_from(word)) return "";
  return "'" + word + "' is neither a sequence number nor a time such as 2026-11-23T08:15:30Z";
}

std::string bad_copy_name(const std::string& name) {
  if (!name.empty() && config::is_relay_name(name)) return "";
  return "a copy's name has at most 64 letters, digits, '-', '_' or '.'";
}

}  // namespace

void add_materialize(Command& app, Program& program) {
  auto words = std::make_shared<MaterializeWords>();
  Command command =
      app.add_command("materialize", "Keep tables or collections equal to what the events say");
  command.footer(
      "Applies each event exactly once: the place in the stream moves in the same transaction as\n"
      "the rows. Continues with new events until it is stopped, unless --once or --until.\n\n"
      "Examples: headwater materialize -c headwater.yaml --once\n"
      "          headwater materialize -c headwater.yaml --until 2026-11-23T08:15:30Z");
  add_target(command, words->target, program);
  command.option("--name", words->name, "The copy's name [the relay's]")
      .type_name("NAME")
      .check(bad_copy_name);
  command.flag("--rebuild", words->rebuild,
               "Build the tables again, beside the old ones, then replace these");
  command
      .option("--until", words->until,
              "Make tables of their own with the state after that event, or at that time")
      .type_name("TIME|SEQUENCE")
      .check(bad_until);
  command.flag("--incomplete", words->incomplete,
               "Begin although retention has removed the first events");
  command.flag("--once", words->once, "Stop at the end of the stream");
  command.flag("--follow", words->follow, "Continue with new events as they arrive (the default)");
  command.action([words, &program] { return run(*words, program); });
}

}  // namespace headwater::cli
