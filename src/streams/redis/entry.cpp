#include "src/streams/redis/entry.h"

#include <array>
#include <string>

#include "src/base/number_in.h"
#include "src/event/json_text.h"

namespace headwater::redis {
namespace {

constexpr std::array<std::string_view, 7> names{"id",   "source",       "type", "subject",
                                                "time", "partitionkey", "data"};

}  // namespace

std::optional<std::uint64_t> sequence_of(std::string_view id) {
  if (!id.starts_with("0-")) return std::nullopt;
  return whole_number(id.substr(2));
}

std::optional<StoredEvent> read_entry(Reply entry, KnownNames& known) {
  const auto sequence = sequence_of(entry[0].text());
  const Reply fields = entry[1];
  if (!sequence || fields.size() != 2 * names.size()) return std::nullopt;
  std::array<std::string_view, names.size()> values;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (fields[2 * at].text() != names[at]) return std::nullopt;
    values[at] = fields[2 * at + 1].text();
  }
  const auto [id, source, type, subject, time, partition_key, data] = values;
  const auto when = time_from(time);
  if (!when) return std::nullopt;
  return StoredEvent{.sequence = *sequence,
                     .event = {.id = std::string(id),
                               .source = known.source(source),
                               .type = known.type(type),
                               .subject = std::string(subject),
                               .partition_key = std::string(partition_key),
                               .time = *when,
                               .data = std::string(data)}};
}

}  // namespace headwater::redis
