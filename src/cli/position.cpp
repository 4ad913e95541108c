// headwater position: what the stream says has been dealt with, and an operator's word against it.
#include <optional>

#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/shape/shape.h"

namespace headwater::cli {
namespace {

struct Options {
  Target target;
  std::string words;
  bool yes = false;
};

std::string explain(const ConfiguredRelay& relay, const Position& position) {
  return position.empty() ? "the beginning" : relay.source->explain(position);
}

// What lies behind a position, as far as the source can tell cheaply.
struct Unread {
  std::optional<std::uint64_t> changes;
  std::string database;  // Empty if nothing is there.
};

Result<Unread> unread_after(Source& source, const Position& position) {
  if (auto opened = source.open(position); !opened) return fail(std::move(opened.error()));
  constexpr ReadLimits a_look{.count = 1, .bytes = std::size_t{1} << 20U};
  auto batch = source.read(a_look, Milliseconds(0), {});
  if (!batch) return fail(std::move(batch.error()));
  Unread unread;
  if (batch->backlog) unread.changes = *batch->backlog + batch->changes.size();
  if (!batch->changes.empty()) unread.database = batch->changes.front().database;
  return unread;
}

Error needs_yes(const std::string& consequence, const std::string& command) {
  return {.name = "usage.confirm",
          .message = consequence,
          .next = "headwater position -c FILE " + command + " --yes"};
}

class Setting {
 public:
  Setting(const Options& options, ConfiguredRelay relay, const Clock& clock)
      : options_(options), relay_(std::move(relay)), clock_(clock) {}

  Result<std::string> show() {
    if (auto tail = read_tail(); !tail) return fail(std::move(tail.error()));
    const std::string source = tail_.source.empty() ? "none yet" : tail_.source;
    return "relay      " + relay_.name + "\nsource     " + source + " (" +
           relay_.source->describe() + ")\nstream     " + relay_.stream->describe() +
           "\nsequence   " + std::to_string(tail_.sequence) + "\nposition   " +
           (tail_.position.empty() ? "none yet" : tail_.position.token) + "\nmeaning    " +
           explain(relay_, tail_.position) + "\n";
  }

  Result<std::string> set() {
    if (auto tail = read_tail(); !tail) return fail(std::move(tail.error()));
    auto target = relay_.source->position(relay_.name, options_.words);
    if (!target) return fail(std::move(target.error()));
    if (*target == tail_.position) {
      return relay_.name + " is there already: " + explain(relay_, *target) + "\n";
    }
    auto source = relay_.source->connect(relay_.name);
    if (!source) return fail(std::move(source.error()));
    return move_to(*target, **source);
  }

  // A fenced append as any other: a relay that is at work meanwhile is not overtaken unseen.
  Result<std::string> reset() {
    if (auto tail = read_tail(); !tail) return fail(std::move(tail.error()));
    if (tail_.position.empty()) return relay_.name + " is at the beginning already\n";
    if (!options_.yes) {
      return fail(needs_yes("the position of " + relay_.name + " (" +
                                explain(relay_, tail_.position) +
                                ") will be forgotten: the relay begins at the beginning, so a "
                                "snapshot and every change still held are published again, under "
                                "the ids they had",
                            "reset"));
    }
    auto appended = writer_->append(tail_, {}, Position{}, "");
    if (!appended) return fail(std::move(appended.error()));
    return relay_.name + " is at the beginning\n";
  }

 private:
  Result<void> read_tail() {
    auto writer = relay_.stream->writer(relay_.name);
    if (!writer) return fail(std::move(writer.error()));
    writer_ = *std::move(writer);
    auto tail = writer_->tail();
    if (!tail) return fail(std::move(tail.error()));
    tail_ = tail->tail();
    return {};
  }

  Result<std::string> move_to(const Position& target, Source& source) {
    // A position that cannot be taken up any more is what this command is often needed for.
    const auto here = unread_after(source, tail_.position);
    auto there = unread_after(source, target);
    if (!there) return fail(std::move(there.error()));
    const bool known = here && here->changes && there->changes;
    if (known && *there->changes > *here->changes) {
      return move_back(target, source, grouped(*there->changes - *here->changes) + " changes");
    }
    if (!known && options_.words == "earliest") return move_back(target, source, "changes");
    if (known && *there->changes == *here->changes) return move(target, source, {}, "");
    const std::string missed =
        known ? grouped(*here->changes - *there->changes) + " unread changes" : "changes";
    return move_on(target, source, missed, here ? here->database : there->database);
  }

  Result<std::string> move_back(const Position& target, Source& source, const std::string& what) {
    if (!options_.yes) {
      return fail(needs_yes(what + " that are in the stream already will be published again, "
                                   "under the ids they had",
                            "set " + options_.words));
    }
    return move(target, source, {}, what + " will be published again\n");
  }

  // Nothing is left out without a word in the stream.
  Result<std::string> move_on(const Position& target, Source& source, const std::string& missed,
                              const std::string& database) {
    Change gap;
    gap.op = Op::gap;
    // The tail moves with it, so that no other gap of this relay has the same.
    gap.id = "position:" + relay_.name + ":" + std::to_string(tail_.sequence) + ":" + target.token;
    gap.database = database.empty() ? "source" : database;
    gap.time = clock_.wall();
    gap.gap = Gap{
        .reason = "position set by an operator", .from = tail_.position.token, .to = target.token};
    gap.position = target;
    auto event = shape(gap, source.identity());
    if (!event) return fail(std::move(event.error()));
    return move(target, source, {*std::move(event)},
                missed + " will be missing from the stream; a gap event says so\n");
  }

  Result<std::string> move(const Position& target, Source& source, const std::vector<Event>& events,
                           const std::string& consequence) {
    auto appended = writer_->append(tail_, events, target, source.identity());
    if (!appended) return fail(std::move(appended.error()));
    return relay_.name + " is at " + explain(relay_, target) + "\n" + consequence;
  }

  const Options& options_;
  ConfiguredRelay relay_;
  const Clock& clock_;
  std::unique_ptr<StreamWriter> writer_;
  Tail tail_;
};

int run(const Options& options, Program& program, Result<std::string> (Setting::*what)()) {
  auto relay = configured_relay(options.target, program.clock);
  if (!relay) return end_with(relay.error(), options.target, program.log);
  auto text = (Setting(options, *std::move(relay), program.clock).*what)();
  if (!text) return end_with(text.error(), options.target, program.log);
  return print(*text) ? ExitCode::done : ExitCode::usage;
}

}  // namespace

void add_position(CLI::App& app, Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("position", "Show or change what counts as dealt with");
  command->footer(
      "The position is kept in the stream, with the events. Setting it is an append like any\n"
      "other: a relay that runs meanwhile follows.\n\n"
      "Examples: headwater position -c headwater.yaml show\n"
      "          headwater position -c headwater.yaml set latest");
  add_target(*command, options->target, program);
  command->require_subcommand(1);
  const auto add = [&](CLI::App* action, Result<std::string> (Setting::*what)()) {
    action->fallthrough();
    action->callback([options, &program, what] {
      program.chosen = [options, &program, what] { return run(*options, program, what); };
    });
    return action;
  };
  add(command->add_subcommand("show", "Where the relay is")
          ->footer("Example: headwater position -c headwater.yaml show"),
      &Setting::show);
  CLI::App* set =
      add(command->add_subcommand("set", "Put the relay somewhere else"), &Setting::set);
  set->footer(
      "Forward over changes that were not read: a gap event in the stream says so. Back: events\n"
      "are published again, which needs --yes.\n\n"
      "Example: headwater position -c headwater.yaml set latest");
  set->add_option("position", options->words, "earliest, latest, or one that `show` has printed")
      ->required();
  CLI::App* reset =
      add(command->add_subcommand("reset", "Forget it: the relay begins again"), &Setting::reset);
  reset->footer(
      "A snapshot and every change still held are published again; needs --yes.\n\n"
      "Example: headwater position -c headwater.yaml reset --yes");
  for (CLI::App* action : {set, reset}) {
    action->add_flag("--yes", options->yes, "Do it although events will come again");
  }
}

}  // namespace headwater::cli
