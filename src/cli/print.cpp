#include "src/cli/print.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "src/base/one_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"

namespace headwater::cli {
namespace {

const char* label(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::note:
      return "note     ";
    case Finding::Kind::problem:
      return "PROBLEM  ";
    case Finding::Kind::ok:
      break;
  }
  return "ok       ";
}

}  // namespace

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

Error not_printed(int code) {
  return {.name = "usage.output",
          .message = std::string("cannot write to standard output: ") + std::strerror(code),
          .next = "redirect standard output to a place that can be written"};
}

int end_unprinted(Log& log) {
  const int code = errno;
  if (code != EPIPE) log.failure("", not_printed(code));
  return ExitCode::usage;
}

std::string promise(const SourceAdapter& source, const StreamAdapter& stream) {
  const bool total = source.ordering() == Ordering::total && stream.ordering() == Ordering::total;
  return std::string(stream.exactly_once() ? "exactly once" : "at least once") +
         (total ? "" : ", in order for each key");
}

std::string headline(const ConfiguredRelay& relay) {
  return one_line(relay.name + ": " + relay.source->describe() + " -> " + relay.stream->describe() +
                  " (" + promise(*relay.source, *relay.stream) + ")");
}

std::string to_text(const Report& report) {
  std::string text;
  for (const Finding& finding : report) {
    text += std::string("  ") + label(finding.kind) + one_line(finding.what) + "\n";
    if (!finding.next.empty()) text += "             next: " + one_line(finding.next) + "\n";
  }
  return text;
}

bool has_problem(const Report& report) {
  return std::any_of(report.begin(), report.end(),
                     [](const Finding& finding) { return finding.kind == Finding::Kind::problem; });
}

}  // namespace headwater::cli
