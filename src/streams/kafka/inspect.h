// Whether the topics' settings allow the promise to be kept.
#pragma once

#include <string>

#include "src/ports/report.h"
#include "src/streams/kafka/client.h"
#include "src/streams/kafka/kafka.h"

namespace headwater::kafka {

/// A problem breaks the promise; a note is what it depends on.
Result<Report> inspect_topics(const Options& options, const Client& client,
                              const Deadline& deadline);

}  // namespace headwater::kafka
