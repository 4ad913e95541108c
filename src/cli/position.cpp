// headwater position: shows the position in the stream, and lets an operator change it.
#include <utility>

#include "src/base/grouped.h"
#include "src/base/shell_word.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/way.h"
#include "src/shape/shape.h"

namespace headwater::cli {
namespace {

struct PositionWords {
  Target target;
  std::string words;
  bool yes = false;
};

std::string explain(const ConfiguredRelay& relay, const Position& position) {
  return position.empty() ? "the beginning" : relay.source->explain(position);
}

Error needs_yes(const std::string& consequence, const std::string& command) {
  return {.name = "usage.confirm",
          .message = consequence,
          .next = "headwater position -c FILE " + command + " --yes"};
}

class Setting {
 public:
  Setting(const PositionWords& options, ConfiguredRelay relay, Program& program)
      : options_(options),
        relay_(std::move(relay)),
        clock_(program.clock),
        patience_(program.clock, program.log, {}) {}

  Result<std::string> show() {
    if (auto tail = read_tail(); !tail) return failed(tail);
    const std::string source = tail_.source.empty() ? "none yet" : tail_.source;
    return "relay      " + relay_.name + "\nsource     " + source + " (" +
           relay_.source->describe() + ")\nstream     " + relay_.stream->describe() +
           "\nsequence   " + std::to_string(tail_.sequence) + "\nposition   " +
           (tail_.position.empty() ? "none yet" : tail_.position.token) + "\nmeaning    " +
           explain(relay_, tail_.position) + "\n";
  }

  Result<std::string> set() {
    if (auto tail = read_tail(); !tail) return failed(tail);
    auto target = relay_.source->position(relay_.name, options_.words);
    if (!target) return failed(target);
    if (*target == tail_.position) {
      return relay_.name + " is already there: " + explain(relay_, *target) + "\n";
    }
    auto source = patience_.of([&] { return relay_.source->connect(relay_.name); });
    if (!source) return failed(source);
    return move_to(*target, **source);
  }

  // An append with the usual fence: a relay that runs at the same time is not overtaken silently.
  Result<std::string> reset() {
    if (auto tail = read_tail(); !tail) return failed(tail);
    if (tail_.position.empty()) return relay_.name + " is already at the beginning\n";
    auto beginning = relay_.source->beginning(relay_.name);
    if (!beginning) return failed(beginning);
    const bool remembers = beginning->empty();
    if (!options_.yes) {
      return fail(needs_yes(
          "the position of " + relay_.name + " (" + explain(relay_, tail_.position) +
              ") will be forgotten: " +
              (remembers ? "the relay starts from the beginning, so a snapshot and every change "
                           "that the log still has are published again under the same ids"
                         : "the relay starts again from the present, with a snapshot if one is "
                           "configured; a gap event reports the changes that it has not read"),
          "reset"));
    }
    if (!remembers) return start_again(*beginning);
    auto appended = writer_->set_position(tail_, {}, Position{}, "");
    if (!appended) return failed(appended);
    return relay_.name + " is at the beginning\n";
  }

 private:
  Result<void> read_tail() {
    auto writer = patience_.of([&] { return relay_.stream->writer(relay_.name); });
    if (!writer) return failed(writer);
    writer_ = *std::move(writer);
    auto tail = patience_.of([&] { return writer_->tail(); });
    if (!tail) return failed(tail);
    tail_ = tail->tail();
    return {};
  }

  Result<std::string> move_to(const Position& target, Source& source) {
    auto way = way_between(*relay_.source, source, tail_.position, target, options_.words);
    if (!way) return failed(way);
    const bool back = way->order == std::partial_ordering::greater;
    const bool unknown = way->order == std::partial_ordering::unordered;
    const bool forward = way->order == std::partial_ordering::less && way->changes != 0U;
    const bool skips = forward || unknown || way->broken;
    const std::string count = way->changes && !way->broken ? grouped(*way->changes) + " " : "";
    if ((back || unknown) && options_.words != "latest" && !options_.yes) {
      return fail(needs_yes(unknown ? "the source cannot tell which position comes first: changes "
                                      "may be published again under the same ids"
                                    : count + "changes that are already in the stream will be "
                                              "published again under the same ids",
                            "set " + shell_word(options_.words)));
    }
    std::string consequence = back ? count + "changes will be published again\n" : "";
    if (!skips) return move(target, source, {}, consequence);
    auto gap = gap_event(target, source, way->database);
    if (!gap) return failed(gap);
    consequence += forward ? count + "unread changes will be missing from the stream; "
                           : "changes may be missing from the stream; ";
    return move(target, source, {*std::move(gap)}, consequence + "a gap event says so\n");
  }

  // If the database does not remember where the relay began, it begins now.
  Result<std::string> start_again(const Position& beginning) {
    auto source = patience_.of([&] { return relay_.source->connect(relay_.name); });
    if (!source) return failed(source);
    auto gap = gap_event(beginning, **source, "");
    if (!gap) return failed(gap);
    return move(
        beginning, **source, {*std::move(gap)},
        "the changes that were not read are missing from the stream; a gap event says so\n");
  }

  // The stream reports every omission.
  Result<Event> gap_event(const Position& target, Source& source, const std::string& database) {
    Change gap;
    gap.op = Op::gap;
    // The tail moves with it, so each gap of this relay has another id.
    gap.id = "position:" + relay_.name + ":" + std::to_string(tail_.sequence) + ":" + target.token;
    gap.database = database.empty() ? "source" : database;
    gap.time = clock_.wall();
    gap.gap = Gap{
        .reason = "position set by an operator", .from = tail_.position.token, .to = target.token};
    gap.position = target;
    std::vector<Event> events;
    auto shaped = Shaper(source.identity()).apply(std::move(gap), events);
    if (!shaped) return failed(shaped);
    return std::move(events.front());
  }

  Result<std::string> move(const Position& target, Source& source, const std::vector<Event>& events,
                           const std::string& consequence) {
    auto appended = writer_->set_position(tail_, events, target, source.identity());
    if (!appended) return failed(appended);
    return relay_.name + " is at " + explain(relay_, target) + "\n" + consequence;
  }

  const PositionWords& options_;
  ConfiguredRelay relay_;
  const Clock& clock_;
  Patience patience_;
  std::unique_ptr<StreamWriter> writer_;
  Tail tail_;
};

// All chosen relays, one after the other.
int show(const PositionWords& options, Program& program) {
  auto relays = configured_relays(options.target, program.clock);
  if (!relays) return end_with(relays.error(), options.target, program.log);
  const bool several = relays->size() > 1;
  int code = ExitCode::done;
  std::string between;
  for (ConfiguredRelay& relay : *relays) {
    const std::string name = several ? relay.name : "";
    auto text = Setting(options, std::move(relay), program).show();
    if (!text) {
      const int failed = end_with(text.error(), options.target, program.log, name);
      if (code == ExitCode::done) code = failed;
    } else if (!print(std::exchange(between, "\n") + *text)) {
      return end_unprinted(program.log);
    }
  }
  return code;
}

// A move applies to one relay, because its effect differs for each.
int change(const PositionWords& options, Program& program, Result<std::string> (Setting::*how)()) {
  auto relay = configured_relay(options.target, program.clock);
  if (!relay) return end_with(relay.error(), options.target, program.log);
  auto text = (Setting(options, *std::move(relay), program).*how)();
  if (!text) return end_with(text.error(), options.target, program.log);
  return print(*text) ? ExitCode::done : end_unprinted(program.log);
}

}  // namespace

void add_position(Command& app, Program& program) {
  auto options = std::make_shared<PositionWords>();
  Command command =
      app.add_command("position", "Show or set the position up to which changes are published");
  command.footer(
      "The stream keeps the position with the events. Setting it is an append like any other; a\n"
      "running relay follows it.\n\n"
      "Examples: headwater position -c headwater.yaml show\n"
      "          headwater position -c headwater.yaml set latest");
  add_target(command, options->target, program);
  command.require_command();
  command.add_command("show", "Where the relay is")
      .fallthrough()
      .action([options, &program] { return show(*options, program); })
      .footer("Example: headwater position -c headwater.yaml show");
  Command set = command.add_command("set", "Move the relay to another position").fallthrough();
  set.action([options, &program] { return change(*options, program, &Setting::set); });
  set.footer(
      "Moving forward past unread changes leaves a gap event in the stream. Moving back publishes\n"
      "events again and needs --yes.\n\n"
      "Example: headwater position -c headwater.yaml set latest");
  set.argument("position", options->words,
               "earliest, latest, a position that `show` printed, or another form that the source "
               "accepts")
      .required();
  Command reset =
      command.add_command("reset", "Forget the position: the relay starts again").fallthrough();
  reset.action([options, &program] { return change(*options, program, &Setting::reset); });
  reset.footer(
      "Publishes again a snapshot and every change that the database still has. If the database\n"
      "does not remember where the relay began, the relay starts from the present, after a gap\n"
      "event, with a snapshot if one is configured. Needs --yes.\n\n"
      "Example: headwater position -c headwater.yaml reset --yes");
  for (Command action : {set, reset}) {
    action.flag("--yes", options->yes, "Confirm that events may be published again");
  }
}

}  // namespace headwater::cli
