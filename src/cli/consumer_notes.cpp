#include "src/cli/consumer_notes.h"

#include "src/cli/program.h"

namespace headwater::cli {

using consumer::Note;

void ConsumerNotes::take(const Note& note) {
  const auto sequence = std::to_string(note.sequence);
  switch (note.kind) {
    case Note::Kind::retrying:
      return retrying(note);
    case Note::Kind::dead_letter:
      return write(LogLevel::warn, "consume.dead_letter",
                   "event " + sequence + " is a dead letter: " + note.error.message, note);
    case Note::Kind::replayed:
      return write(LogLevel::info, "consume.replayed",
                   "dead letter " + sequence + " was handled after all", note);
    case Note::Kind::aged_out:
      return write(LogLevel::warn, "consume.aged_out", note.error.message + "; goes on", note);
  }
}

void ConsumerNotes::retrying(const Note& note) {
  if (!lines_.due(note.error.name, note.pause, program_.clock.steady())) return;
  std::string message = note.error.message;
  if (note.sequence != 0) message = "event " + std::to_string(note.sequence) + ": " + message;
  message += "; tries again";
  if (note.pause.count() > 0) message += " in " + std::to_string(note.pause.count()) + " ms";
  if (!note.error.next.empty()) message += " (" + note.error.next + ")";
  write(LogLevel::warn, "consume.retrying", message, note);
}

void ConsumerNotes::write(LogLevel level, const std::string& event, const std::string& message,
                          const Note& note) {
  program_.log.write(level, name_, event, message,
                     {{"error", note.error.name}, {"sequence", note.sequence}});
}

}  // namespace headwater::cli
