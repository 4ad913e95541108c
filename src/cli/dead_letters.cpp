// headwater dead-letters: the events that consumers could not handle.
#include "src/consumer/dead_letters.h"

#include <utility>

#include "src/base/number_in.h"
#include "src/base/one_line.h"
#include "src/base/shell_word.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/consumer_name.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/patience.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/signals.h"
#include "src/event/time_text.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using consumer::DeadLetters;
using consumer::Letter;
using consumer::LetterRecord;
using consumer::Letters;

struct LettersWords {
  Target target;
  std::string consumer;
  std::string letter;  // a number; empty: none was given
  bool all = false;
  bool json = false;
  bool with_event = false;
};

std::string in_words(const Letter& letter) {
  std::string line = std::to_string(letter.number) + "  ";
  append_time(line, letter.time);
  line += "  event " + std::to_string(letter.sequence) + " " + letter.type + "  " +
          letter.cause_name + ": " + letter.cause + " (" + std::to_string(letter.attempts) +
          (letter.attempts == 1 ? " attempt)" : " attempts)");
  if (letter.replaying) line += "  to be replayed";
  return one_line(line) + "\n";
}

std::string in_json(const Letter& letter, const std::optional<StoredEvent>& event) {
  std::string time;
  append_time(time, letter.time);
  Json json = Json::object(
      {{"letter", letter.number},
       {"time", time},
       {"sequence", letter.sequence},
       {"source", letter.source},
       {"id", letter.id},
       {"type", letter.type},
       {"cause", Json::object({{"name", letter.cause_name}, {"message", letter.cause}})},
       {"attempts", letter.attempts},
       {"replaying", letter.replaying}});
  std::string text = json.dump();
  if (event) {
    text.pop_back();
    text += ",\"event\":" + to_json(*event) + "}";
  }
  return text + "\n";
}

class Drawer {
 public:
  Drawer(const LettersWords& words, Program& program, StreamAdapter& stream, std::stop_token stop)
      : words_(words),
        log_(program.log),
        letters_(stream, program.clock),
        stop_(std::move(stop)),
        patience_(program.clock, program.log, stop_) {}

  Result<void> list() {
    if (auto read = read_all(); !read) return read;
    std::string text;
    for (const auto& [number, letter] : all_.open()) {
      auto line = line_of(letter);
      if (!line) return failed(line);
      text += *line;
    }
    if (!print(text)) return fail(not_printed(errno));
    if (all_.open().empty()) {
      log_.write(LogLevel::info, "", "dead_letters.none", "there are no dead letters");
    }
    return {};
  }

  /// Marks the chosen letters, all in one append.
  Result<void> mark(LetterRecord::Kind kind) {
    if (auto read = read_all(); !read) return read;
    std::vector<LetterRecord> records;
    for (const auto& [number, letter] : all_.open()) {
      if (!words_.all && number != number_in(words_.letter)) continue;
      records.push_back({.kind = kind, .consumer = words_.consumer, .letter = number});
    }
    if (records.empty()) {
      if (words_.all) return {};
      return fail(
          {.name = "consumer.no_such_letter",
           .message = "consumer " + words_.consumer + " has no dead letter " + words_.letter,
           .next =
               "headwater dead-letters list -c FILE --consumer " + shell_word(words_.consumer)});
    }
    auto marked = patience_.of([&] { return letters_.append(records, stop_); });
    if (!marked) return marked;
    const bool replay = kind == LetterRecord::Kind::replay;
    log_.write(LogLevel::info, words_.consumer,
               replay ? "dead_letters.replay" : "dead_letters.drop",
               std::to_string(records.size()) +
                   (replay ? " to be replayed: a running consume does it at once, another when it "
                             "starts"
                           : " dropped"));
    return {};
  }

 private:
  Result<void> read_all() {
    auto reader = patience_.of([&] { return letters_.reader(); });
    if (!reader) return failed(reader);
    reader_ = *std::move(reader);
    auto all =
        patience_.of([&] { return consumer::read_letters(*reader_, words_.consumer, stop_); });
    if (!all) return failed(all);
    all_ = *std::move(all);
    return {};
  }

  Result<std::string> line_of(const Letter& letter) {
    if (!words_.json && !words_.with_event) return in_words(letter);
    if (!words_.with_event) return in_json(letter, std::nullopt);
    auto record =
        patience_.of([&] { return consumer::read_letter(*reader_, letter.number, stop_); });
    if (!record) return failed(record);
    return in_json(letter, record->event);
  }

  const LettersWords& words_;
  Log& log_;
  DeadLetters letters_;
  std::stop_token stop_;
  Patience patience_;
  std::unique_ptr<StreamReader> reader_;
  Letters all_{words_.consumer};
};

Error not_configured() {
  return {.name = "consumer.no_dead_letters",
          .message = "the relay has no stream for dead letters",
          .next = "add to the relay: dead_letters: { embedded: { path: dead-letters.db } }"};
}

using Act = Result<void> (*)(Drawer& drawer);

int run(const LettersWords& words, Program& program, Act act) {
  auto relay = relay_of_stream(words.target, program.clock);
  if (!relay) return end_with(relay.error(), words.target, program.log);
  if (!relay->dead_letters) return end_with(not_configured(), words.target, program.log);
  const Signals signals(program.log);
  Drawer drawer(words, program, *relay->dead_letters, signals.stop());
  auto done = act(drawer);
  return done ? ExitCode::done : end_with(done.error(), words.target, program.log);
}

std::string bad_letter(const std::string& word) {
  return whole_number(word) ? "" : "'" + word + "' is not the number of a dead letter";
}

void add_one(Command& parent, Program& program, const std::string& name, const std::string& help,
             Act act, bool chooses) {
  auto words = std::make_shared<LettersWords>();
  Command command = parent.add_command(name, help);
  add_target(command, words->target, program);
  command.option("--consumer", words->consumer, "Whose")
      .type_name("NAME")
      .required()
      .check(bad_consumer);
  if (chooses) {
    command.option("--letter", words->letter, "This one, by its number in `list`")
        .type_name("N")
        .check(bad_letter);
    command.flag("--all", words->all, "All of them");
  } else {
    command.flag("--json", words->json, "Print one JSON object a line");
    command.flag("--with-event", words->with_event, "The same, with the whole event");
  }
  command.action([words, &program, act, chooses] {
    if (chooses && words->letter.empty() != words->all) {
      return end_with({.name = "usage.letter",
                       .message = "which dead letters?",
                       .next = "add --letter N or --all"},
                      words->target, program.log);
    }
    return run(*words, program, act);
  });
}

}  // namespace

void add_dead_letters(Command& app, Program& program) {
  Command command = app.add_command("dead-letters", "List, replay or drop what was not handled");
  command.require_command();
  command.footer("Example: headwater dead-letters list -c headwater.yaml --consumer mail");
  add_one(
      command, program, "list", "Print the dead letters of a consumer, a line each",
      [](Drawer& drawer) { return drawer.list(); }, false);
  add_one(
      command, program, "replay", "Hand dead letters over to the consumer again",
      [](Drawer& drawer) { return drawer.mark(LetterRecord::Kind::replay); }, true);
  add_one(
      command, program, "drop", "Forget dead letters",
      [](Drawer& drawer) { return drawer.mark(LetterRecord::Kind::drop); }, true);
}

}  // namespace headwater::cli
