#include "testing/simulation/ledger.h"

#include "src/base/number_in.h"

namespace headwater::simulation {
namespace {

std::string row_is(std::uint64_t row, const std::string& what) {
  return "row " + std::to_string(row) + " is " + what;
}

}  // namespace

std::string Ledger::apply(std::string_view id, const std::optional<Place>& before) {
  if (id[0] == 'l') id.remove_prefix(1);  // a gap instead of one change
  const std::string_view rest = id.substr(1);
  if (id[0] == 'c') return apply_change(number_in(rest));
  if (id[0] == 'r') return apply_row(number_in(rest), number_in(rest.substr(rest.find('@') + 1)));
  if (before && !database_->forgot(*before)) return "a gap where nothing was lost";
  const bool restated = id[0] == 'v';
  for (Row& row : rows_) row = {.known = !restated, .uncertain = !restated};
  gap_ = number_in(rest);
  return {};
}

bool Ledger::has(std::string_view id) const {
  const std::uint64_t first = number_in(id.substr(1));
  if (id[0] == 'r') return rows_[first].known;
  return rows_[database_->change(first).row].change >= first;
}

std::string Ledger::apply_change(std::uint64_t number) {
  const Database::Change& change = database_->change(number);
  Row& row = rows_[change.row];
  const bool in_order = row.known
                            ? row.change == change.previous
                            : change.previous == 0 || !database_->change(change.previous).exists;
  const bool first_since_gap = number > gap_ && change.previous <= gap_;
  const Row before = row;
  row = {.known = true, .change = number};
  if (before.uncertain ? first_since_gap : in_order) return {};
  return row_is(change.row, "known as of change " + std::to_string(before.change) +
                                ", but the next is not " + std::to_string(change.previous));
}

std::string Ledger::apply_row(std::uint64_t row, std::uint64_t as_of) {
  if (rows_[row].known) return row_is(row, "read twice");
  rows_[row] = {.known = true, .change = database_->last_change(row, as_of)};
  return {};
}

std::string Ledger::difference_at(const Place& place) const {
  for (std::uint64_t row = 1; row < rows_.size(); ++row) {
    const Row& state = rows_[row];
    const std::uint64_t last = database_->last_change(row, place.change);
    if (!database_->is_covered(place, row)) {
      if (state.known) return row_is(row, "known before it was read");
      continue;
    }
    if (!state.known && database_->exists(row, place.change)) return row_is(row, "missing");
    if (!state.known) continue;
    const bool same = state.uncertain ? last <= gap_ : state.change == last;
    if (!same) {
      return row_is(row, "known as of change " + std::to_string(state.change) + ", should be " +
                             std::to_string(last));
    }
  }
  return {};
}

}  // namespace headwater::simulation
