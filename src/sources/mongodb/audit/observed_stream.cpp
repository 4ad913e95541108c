#include "src/sources/mongodb/audit/observed_stream.h"

#include <string_view>
#include <utility>

#include "src/event/data_json.h"
#include "src/sources/mongodb/feed/change_decoder.h"

namespace headwater::mongodb {
namespace {

using sources::EventLedger;

/// "snapshot:<seconds>.<increment>:…", as ChangeDecoder writes it.
std::optional<ClusterTime> time_of_row(std::string_view id) {
  constexpr std::string_view prefix = "snapshot:";
  if (!id.starts_with(prefix)) return std::nullopt;
  id.remove_prefix(prefix.size());
  return time_from(id.substr(0, id.find(':')));
}

/// Of a document that was read on request. No change is left out for it, so it says nothing of them.
bool is_read_again(std::string_view id) { return id.starts_with("again:"); }

}  // namespace

Result<ObservedStream> ObservedStream::make() {
  auto ledger = EventLedger::make();
  if (!ledger) return failed(ledger);
  return ObservedStream(std::move(*ledger));
}

Result<bool> ObservedStream::add(const StoredEvent& stored) {
  const Event& event = stored.event;
  const auto row_time = time_of_row(event.id);
  if (row_time && !any_event_) {
    first_row_ = stored.sequence;
    first_row_time_ = *row_time;
  }
  any_event_ = true;
  last_sequence_ = stored.sequence;
  // A gap in one row has its change's id; any other belongs to no change. A row's key may be empty.
  const bool of_a_row = event.partition_key.find('/') != std::string::npos;
  const bool gap = event.type.operation() == "gap" && !of_a_row;
  if (gap) {
    if (auto added = add_gap(stored); !added) return failed(added);
  }
  if (row_time) last_row_time_ = *row_time;
  const auto kind = gap || row_time || is_read_again(event.id) ? EventLedger::Kind::row
                                                               : EventLedger::Kind::change;
  return ledger_.add(event.id, stored.sequence, kind);
}

Result<void> ObservedStream::add_gap(const StoredEvent& stored) {
  const auto data = parse_data(stored.event.data);
  if (!data) return fail(data.error());
  break_ = Break{.sequence = stored.sequence, .to = data->gap ? data->gap->to : std::string()};
  last_row_time_ = {};
  return {};
}

}  // namespace headwater::mongodb
