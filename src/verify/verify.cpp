#include "src/verify/verify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/event/data_json.h"
#include "src/event/json_text.h"
#include "src/shape/shape.h"
#include "src/verify/data_scan.h"
#include "src/verify/fold.h"

namespace headwater {
namespace {

constexpr ReadLimits piece{.count = 2'048, .bytes = std::size_t{1} << 20U};
constexpr std::uint64_t progress_every = 10'000;

std::string json_of(const Row& row, const std::string& column) {
  for (std::size_t at = 0; at < row.values.size(); ++at) {
    if ((*row.columns)[at] != column) continue;
    std::string json;
    append_json_value(json, row.values[at]);
    return json;
  }
  return {};
}

/// Column by column; a column that only one of them has is a difference too.
std::vector<ColumnDifference> differences(const Row& in_stream, const Row& in_database) {
  std::vector<std::string> columns = *in_database.columns;
  for (const std::string& column : *in_stream.columns) {
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      columns.push_back(column);
    }
  }
  std::vector<ColumnDifference> result;
  for (const std::string& column : columns) {
    std::string one = json_of(in_stream, column);
    std::string other = json_of(in_database, column);
    if (one != other) result.push_back({column, std::move(one), std::move(other)});
  }
  return result;
}

Error stopped_early() {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "verify.stopped",
               .message = "The comparison was stopped before its end; it says nothing.",
               .next = "run it again"};
}

/// One run of verify(): its parts in the order in which they are called.
class Comparison {
 public:
  Comparison(Audit& audit, StreamReader& stream, const Tail& tail, const VerifyOptions& options,
             Fold fold)
      : audit_(audit), stream_(stream), tail_(tail), options_(options), fold_(std::move(fold)) {
    report_.source = tail.source;
    report_.tail_sequence = tail.sequence;
  }

  Result<VerifyReport> run() {
    if (auto done = audit_.begin(tail_.position); !done) return fail(std::move(done.error()));
    if (auto done = fold_stream(); !done) return fail(std::move(done.error()));
    if (auto done = compare_rows(); !done) return fail(std::move(done.error()));
    if (auto done = count_unmet(); !done) return fail(std::move(done.error()));
    auto ids = audit_.findings();
    if (!ids) return fail(std::move(ids.error()));
    report_.ids = std::move(*ids);
    for (auto& [name, table] : tables_) report_.tables.push_back(std::move(table));
    return std::move(report_);
  }

 private:
  Result<void> fold_stream() {
    auto range = stream_.range();
    if (!range) return fail(std::move(range.error()));
    aged_out_ = range->first > 1;
    for (std::uint64_t next = range->first; next <= tail_.sequence;) {
      if (options_.stop.stop_requested()) return fail(stopped_early());
      auto events = stream_.read(next, piece, Milliseconds(0), options_.stop);
      if (!events) return fail(std::move(events.error()));
      if (events->empty()) return {};
      for (const StoredEvent& stored : *events) {
        if (stored.sequence > tail_.sequence) return {};
        if (auto done = take(stored); !done) return done;
      }
      next = events->back().sequence + 1;
    }
    return {};
  }

  Result<void> take(const StoredEvent& stored) {
    // Another relay's events may stand in the same stream.
    if (stored.event.source != tail_.source) return {};
    tell(++report_.events, 0);
    auto due = audit_.observe(stored);
    if (!due) return fail(std::move(due.error()));
    return *due ? fold_.apply(stored.event, stored.sequence) : Result<void>{};
  }

  Result<void> compare_rows() {
    for (bool first = true;; first = false) {
      if (options_.stop.stop_requested()) return fail(stopped_early());
      if (auto done = fold_pending(); !done) return done;
      if (first) fold_.rows_begin();
      auto rows = audit_.rows(piece);
      if (!rows) return fail(std::move(rows.error()));
      if (rows->empty()) return {};
      for (const Change& row : *rows) {
        if (auto done = compare(row); !done) return done;
      }
    }
  }

  Result<void> fold_pending() {
    for (;;) {
      auto changes = audit_.pending(piece);
      if (!changes) return fail(std::move(changes.error()));
      if (changes->empty()) return {};
      for (const Change& change : *changes) {
        auto event = shape(change, tail_.source);
        if (!event) return fail(std::move(event.error()));
        if (auto done = fold_.apply(*event, 0); !done) return done;
      }
    }
  }

  Result<void> compare(const Change& row) {
    auto event = shape(row, tail_.source);
    if (!event) return fail(std::move(event.error()));
    TableFindings& table = findings_of(row.table);
    table.rows += 1;
    tell(report_.events, ++rows_);
    auto match = fold_.meet(*event);
    if (!match) return fail(std::move(match.error()));
    if (match->equal) {
      table.equal += 1;
    } else if (match->found) {
      table.differing += 1;
      return describe_difference(row, *event, match->sequence);
    } else if (aged_out_ || !audit_.complete_from_start()) {
      table.not_comparable += 1;
    } else {
      table.only_in_database += 1;
      example(RowDifference::Kind::only_in_database, row.table, key_of(*event), 0);
    }
    return {};
  }

  Result<void> describe_difference(const Change& row, const Event& event, std::uint64_t sequence) {
    RowDifference* difference =
        example(RowDifference::Kind::differs, row.table, key_of(event), sequence);
    if (difference == nullptr || sequence == 0) return {};
    auto stored = stream_.read(sequence, {.count = 1, .bytes = piece.bytes}, Milliseconds(0), {});
    if (!stored) return fail(std::move(stored.error()));
    if (stored->empty() || stored->front().sequence != sequence) return {};
    const auto data = parse_data(stored->front().event.data);
    if (data && data->after && row.after) {
      difference->columns = differences(*data->after, *row.after);
    }
    return {};
  }

  Result<void> count_unmet() {
    return fold_.unmet([this](std::string_view table, std::string_view key,
                              std::uint64_t sequence) {
      findings_of(std::string(table)).only_in_stream += 1;
      example(RowDifference::Kind::only_in_stream, std::string(table), std::string(key), sequence);
    });
  }

  TableFindings& findings_of(const std::string& name) {
    TableFindings& table = tables_[name];
    table.table = name;
    return table;
  }

  static std::string key_of(const Event& event) {
    const auto data = scan_data(event.data);
    return data ? std::string(data->key) : std::string();
  }

  /// nullptr once there are enough.
  RowDifference* example(RowDifference::Kind kind, std::string table, std::string key,
                         std::uint64_t sequence) {
    if (report_.examples.size() >= options_.examples) return nullptr;
    report_.examples.push_back({kind, std::move(table), std::move(key), sequence, {}});
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
  VerifyReport report_;
  std::map<std::string, TableFindings> tables_;
  std::uint64_t rows_ = 0;
  bool aged_out_ = false;
};

}  // namespace

bool VerifyReport::agree() const {
  return ids.lost == 0 && ids.repeated == 0 && ids.out_of_order == 0 &&
         std::all_of(tables.begin(), tables.end(), [](const TableFindings& table) {
           return table.differing == 0 && table.only_in_stream == 0 && table.only_in_database == 0;
         });
}

Result<VerifyReport> verify(Audit& audit, StreamReader& stream, const Tail& tail,
                            const VerifyOptions& options) {
  auto fold = Fold::make();
  if (!fold) return fail(std::move(fold.error()));
  return Comparison(audit, stream, tail, options, std::move(*fold)).run();
}

}  // namespace headwater
