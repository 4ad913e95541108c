// Logs what happens to a running consumer.
#pragma once

#include <string>

#include "src/cli/log.h"
#include "src/cli/retry_lines.h"
#include "src/consumer/consumer.h"

namespace headwater::cli {

struct Program;

/// One call at a time.
class ConsumerNotes {
 public:
  /// Both must outlive it.
  ConsumerNotes(const std::string& consumer, Program& program)
      : name_(consumer), program_(program) {}

  void take(const consumer::Note& note);

 private:
  void retrying(const consumer::Note& note);
  void write(LogLevel level, const std::string& event, const std::string& message,
             const consumer::Note& note);

  const std::string& name_;
  Program& program_;
  RetryLines lines_;
};

}  // namespace headwater::cli
