#include "src/verify/verify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "src/event/data_scan.h"
#include "src/shape/shape.h"
#include "src/verify/differences.h"
#include "src/verify/fold.h"

namespace headwater {
namespace {

constexpr ReadLimits piece{.count = 2'048, .bytes = std::size_t{1} << 20U};
constexpr std::uint64_t progress_every = 10'000;

Error stopped_early() {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "verify.stopped",
               .message = "the comparison was stopped before its end",
               .next = "run it again: headwater verify -c FILE"};
}

/// One run of verify(): its parts in the order of their calls.
class Comparison {
 public:
  Comparison(Audit& audit, StreamReader& stream, const Tail& tail, const VerifyOptions& options,
             Fold fold)
      : audit_(audit),
        stream_(stream),
        tail_(tail),
        options_(options),
        fold_(std::move(fold)),
        shaper_(tail.source) {
    report_.source = tail.source;
    report_.tail_sequence = tail.sequence;
  }

  Result<VerifyReport> run() {
    if (auto done = audit_.begin(tail_.position); !done) return failed(done);
    if (auto done = fold_stream(); !done) return failed(done);
    report_.rows_not_compared = audit_.rows_not_compared();
    if (report_.rows_not_compared.empty()) {
      fold_.stream_ends();
      if (auto done = compare_rows(); !done) return failed(done);
      if (auto done = compare_waiting_rows(); !done) return failed(done);
      if (auto done = count_unmet(); !done) return failed(done);
    }
    auto ids = audit_.findings(options_.stop);
    if (options_.stop.stop_requested()) return fail(stopped_early());
    if (!ids) return failed(ids);
    report_.ids = std::move(*ids);
    name_tables();
    return std::move(report_);
  }

 private:
  Result<void> fold_stream() {
    auto range = stream_.range();
    if (!range) return failed(range);
    aged_out_ = range->first > 1;
    audit_.stream_has_aged(aged_out_);
    return read_events(range->first, tail_.sequence, [this](const StoredEvent& stored) {
      tell(++report_.events, 0);
      return audit_.observe(stored);
    });
  }

  /// Folds those that `observe` says are to be folded.
  Result<void> read_events(std::uint64_t first, std::uint64_t last,
                           const std::function<Result<bool>(const StoredEvent&)>& observe) {
    for (std::uint64_t next = first; next <= last;) {
      if (options_.stop.stop_requested()) return fail(stopped_early());
      auto events = stream_.read(next, piece, Milliseconds(0), options_.stop);
      if (!events) return failed(events);
      if (events->empty()) return {};
      for (const StoredEvent& stored : *events) {
        if (stored.sequence > last) return {};
        // The stream may also contain another relay's events.
        if (stored.event.source != tail_.source) continue;
        auto due = observe(stored);
        if (!due) return failed(due);
        if (!*due) continue;
        if (auto done = fold_.apply(stored.event, stored.sequence); !done) return done;
      }
      next = events->back().sequence + 1;
    }
    return {};
  }

  /// Those for which it takes events from after the tail.
  Result<void> compare_waiting_rows() {
    auto needs = audit_.needs_later();
    if (!needs) return failed(needs);
    if (!*needs) return {};
    auto range = stream_.range();
    if (!range) return failed(range);
    auto read = read_events(tail_.sequence + 1, range->last, [this](const StoredEvent& stored) {
      return audit_.observe_later(stored);
    });
    return read ? compare_rows() : read;
  }

  Result<void> compare_rows() {
    for (;;) {
      if (options_.stop.stop_requested()) return fail(stopped_early());
      if (auto done = fold_pending(); !done) return done;
      auto rows = audit_.rows(piece);
      if (!rows) return failed(rows);
      if (rows->empty()) return {};
      for (Change& row : *rows) {
        if (auto done = compare(std::move(row)); !done) return done;
      }
    }
  }

  Result<void> fold_pending() {
    for (;;) {
      auto changes = audit_.pending(piece);
      if (!changes) return failed(changes);
      if (changes->empty()) return {};
      for (Change& change : *changes) {
        auto event = shape(std::move(change));
        if (!event) return failed(event);
        if (auto done = fold_.apply(*event, 0); !done) return done;
      }
    }
  }

  Result<Event> shape(Change change) {
    std::vector<Event> events;
    if (auto shaped = shaper_.apply(std::move(change), events); !shaped) return failed(shaped);
    return std::move(events.front());
  }

  Result<void> compare(Change row) {
    auto event = shape(std::move(row));
    if (!event) return failed(event);
    TableFindings& table = findings_of(scope_of(*event));
    table.rows += 1;
    tell(report_.events, ++rows_);
    if (!has_key(*event)) {
      // Nothing says which events are about it.
      table.not_comparable += 1;
      return {};
    }
    auto match = fold_.meet(*event);
    if (!match) return failed(match);
    if (match->equal) {
      table.equal += 1;
    } else if (match->found && match->known) {
      table.differing += 1;
      return describe_difference(*event, *match);
    } else if (match->found || aged_out_ || !audit_.complete_from_start() ||
               fold_.came_from_outside(scope_of(*event)) || may_repeat(scope_of(*event))) {
      table.not_comparable += 1;
    } else {
      table.only_in_database += 1;
      example(RowDifference::Kind::only_in_database, scope_of(*event), key_of(*event), 0);
    }
    return {};
  }

  [[nodiscard]] bool may_repeat(const Scope& table) const {
    return audit_.may_repeat_rows(table.database, table.table);
  }

  Result<void> describe_difference(const Event& event, const Fold::Match& match) {
    RowDifference* difference =
        example(RowDifference::Kind::differs, scope_of(event), key_of(event), match.sequence);
    if (difference == nullptr) return {};
    const auto in_database = scan_data(event.data);
    if (match.document) {
      difference->columns = differences(*match.document, in_database->after, !match.made);
      difference->only_order = !match.made && difference->columns.empty();
    }
    if (match.document || match.sequence == 0) return {};
    auto stored =
        stream_.read(match.sequence, {.count = 1, .bytes = piece.bytes}, Milliseconds(0), {});
    if (!stored) return failed(stored);
    if (stored->empty() || stored->front().sequence != match.sequence) return {};
    const auto in_stream = scan_data(stored->front().event.data);
    if (!in_stream) return {};
    difference->columns = differences(in_stream->after, in_database->after, true);
    difference->only_order = difference->columns.empty();
    return {};
  }

  Result<void> count_unmet() {
    return fold_.unmet([this](const Scope& place, std::string_view key, std::uint64_t sequence) {
      if (!audit_.covers(place.database, place.table)) return;
      findings_of(place).only_in_stream += 1;
      example(RowDifference::Kind::only_in_stream, place, std::string(key), sequence);
    });
  }

  /// A single database has no name here, because its name may change (a moved file).
  TableFindings& findings_of(Scope place) {
    if (!audit_.several_databases()) place.database.clear();
    return tables_[std::move(place)];
  }

  /// By the database too, where there are several.
  void name_tables() {
    std::set<std::string_view> databases;
    for (const auto& [place, table] : tables_) databases.insert(place.database);
    for (auto& [place, table] : tables_) {
      table.table = databases.size() > 1 ? place.database + "." + place.table : place.table;
      report_.tables.push_back(std::move(table));
    }
    for (RowDifference& difference : report_.examples) {
      if (databases.size() < 2) continue;
      difference.table = difference.database + "." + difference.table;
    }
  }

  static bool has_key(const Event& event) {
    const auto data = scan_data(event.data);
    return data && data->has_key();
  }
  static std::string key_of(const Event& event) {
    const auto data = scan_data(event.data);
    return data ? std::string(data->key) : std::string();
  }

  /// Returns nullptr once there are enough.
  RowDifference* example(RowDifference::Kind kind, const Scope& place, std::string key,
                         std::uint64_t sequence) {
    if (report_.examples.size() >= options_.examples) return nullptr;
    report_.examples.push_back({.kind = kind,
                                .database = place.database,
                                .table = place.table,
                                .key = std::move(key),
                                .sequence = sequence});
    return &report_.examples.back();
  }

  void tell(std::uint64_t events, std::uint64_t rows) const {
    if (options_.progress && (events + rows) % progress_every == 0) options_.progress(events, rows);
  }

  Audit& audit_;
  StreamReader& stream_;
  const Tail& tail_;
  const VerifyOptions& options_;
  Fold fold_;
  Shaper shaper_;
  VerifyReport report_;
  std::map<Scope, TableFindings> tables_;
  std::uint64_t rows_ = 0;
  bool aged_out_ = false;
};

}  // namespace

bool VerifyReport::agree() const {
  return ids.lost == 0 && ids.repeated == 0 && ids.out_of_order == 0 && ids.unknown == 0 &&
         std::all_of(tables.begin(), tables.end(), [](const TableFindings& table) {
           return table.differing == 0 && table.only_in_stream == 0 && table.only_in_database == 0;
         });
}

Result<VerifyReport> verify(Audit& audit, StreamReader& stream, const Tail& tail,
                            const VerifyOptions& options) {
  auto fold = Fold::make(audit);
  if (!fold) return failed(fold);
  return Comparison(audit, stream, tail, options, std::move(*fold)).run();
}

}  // namespace headwater
