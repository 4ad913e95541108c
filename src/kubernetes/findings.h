// What a lint found, for people and for programs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "src/kubernetes/rules.h"

namespace headwater::kubernetes {

struct LintFinding {
  std::string file;
  int line;  ///< Counted from 1.
  Rule rule;
  std::string what;  ///< One sentence without its full stop.
  std::string next;  ///< What to write instead, or the command to type.
};

/// An object that was checked as a relay's.
struct LintedRelay {
  std::string file;
  int line;
  std::string kind;
  std::string space;  ///< The namespace; empty if the object names none.
  std::string name;
  bool assumed;  ///< What it belongs to was not among the files.
};

/// What was not looked at, and the command that does.
struct LintSkipped {
  std::string file;
  std::string why;
  std::string next;
};

struct LintReport {
  std::size_t objects = 0;
  std::vector<LintedRelay> relays;
  std::vector<LintSkipped> skipped;
  std::vector<LintFinding> findings;  ///< In the order of files and lines.
};

/// "FILE:LINE: RULE: what", and `why` and `next` below it.
[[nodiscard]] std::string to_text(const LintReport& report);
/// One object: `relays`, `skipped` and `findings`.
[[nodiscard]] std::string to_json(const LintReport& report);
/// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). `version`: the program's.
[[nodiscard]] std::string to_sarif(const LintReport& report, const std::string& version);
/// "3 objects, 1 relay: 2 findings", after a line for each that was skipped.
[[nodiscard]] std::string summary(const LintReport& report);

}  // namespace headwater::kubernetes
