#include "src/cli/prepare.h"

#include <utility>

#include "src/cli/configured.h"
#include "src/cli/print.h"

namespace headwater::cli {
namespace {

// If the database does not remember where a relay began, the stream does, so that changes committed
// between `init` and the first `run` are published. The append has the usual fence: a running relay
// already has a position, or gets one first.
Result<Report> save_beginning(ConfiguredRelay& relay) {
  auto writer = relay.stream->writer(relay.name);
  if (!writer) return failed(writer);
  auto tail = (*writer)->tail();
  if (!tail) return failed(tail);
  if (!tail->tail().position.empty()) return Report();
  auto beginning = relay.source->beginning(relay.name);
  if (!beginning) return failed(beginning);
  if (beginning->empty()) return Report();
  auto source = relay.source->connect(relay.name);
  if (!source) return failed(source);
  auto saved = (*writer)->append(tail->tail(), {}, *beginning, (*source)->identity());
  if (saved) return Report{{.what = "starts at " + relay.source->explain(*beginning)}};
  if (saved.error().remedy != Remedy::stand_by) return failed(saved);
  return Report{{.what = "was started by another process in the meantime"}};
}

}  // namespace

Result<Report> prepare(ConfiguredRelay& relay) {
  auto report = relay.stream->prepare(relay.name);
  if (!report) return report;
  auto source = relay.source->prepare(relay.name);
  if (!source) return source;
  add(*report, *source);
  if (relay.hint) {
    auto hint = relay.hint->prepare(relay.name);
    if (!hint) return hint;
    add(*report, *hint);
  }
  if (has_problem(*report)) return report;
  auto beginning = save_beginning(relay);
  if (!beginning) return beginning;
  add(*report, *beginning);
  return report;
}

// The source first: without the tail, a relay that still runs would start again.
Result<Report> remove(ConfiguredRelay& relay) {
  auto report = relay.source->remove(relay.name);
  if (!report) return report;
  if (relay.hint) {
    auto hint = relay.hint->remove(relay.name);
    if (!hint) return hint;
    add(*report, *hint);
  }
  auto stream = relay.stream->remove(relay.name);
  if (!stream) return stream;
  add(*report, *stream);
  return report;
}

}  // namespace headwater::cli
