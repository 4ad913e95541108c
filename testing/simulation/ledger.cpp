#include "testing/simulation/ledger.h"

#include "src/base/number_in.h"

namespace headwater::simulation {
namespace {

std::string row_is(std::uint64_t row, const std::string& what) {
  return "row " + std::to_string(row) + " is " + what;
}

}  // namespace

std::string Ledger::take(std::string_view id, const std::optional<Place>& before) {
  if (id[0] == 'l') id.remove_prefix(1);  // A gap of one change.
  const std::string_view rest = id.substr(1);
  if (id[0] == 'c') return take_change(number_in(rest));
  if (id[0] == 'r') return take_row(number_in(rest), number_in(rest.substr(rest.find('@') + 1)));
  if (before && !database_->forgot(*before)) return "a gap where nothing was lost";
  const bool restated = id[0] == 'v';
  for (Row& row : rows_) row = {.heard = !restated, .unsure = !restated};
  gap_ = number_in(rest);
  return {};
}

bool Ledger::knows(std::string_view id) const {
  const std::uint64_t first = number_in(id.substr(1));
  if (id[0] == 'r') return rows_[first].heard;
  return rows_[database_->change(first).row].change >= first;
}

std::string Ledger::take_change(std::uint64_t number) {
  const Database::Change& change = database_->change(number);
  Row& row = rows_[change.row];
  const bool in_order = row.heard
                            ? row.change == change.previous
                            : change.previous == 0 || !database_->change(change.previous).there;
  const bool first_since_gap = number > gap_ && change.previous <= gap_;
  const Row before = row;
  row = {.heard = true, .change = number};
  if (before.unsure ? first_since_gap : in_order) return {};
  return row_is(change.row, "known as of change " + std::to_string(before.change) +
                                ", but the next is not " + std::to_string(change.previous));
}

std::string Ledger::take_row(std::uint64_t row, std::uint64_t as_of) {
  if (rows_[row].heard) return row_is(row, "read twice");
  rows_[row] = {.heard = true, .change = database_->last_change(row, as_of)};
  return {};
}

std::string Ledger::differs_at(const Place& place) const {
  for (std::uint64_t row = 1; row < rows_.size(); ++row) {
    const Row& known = rows_[row];
    const std::uint64_t last = database_->last_change(row, place.change);
    if (!database_->has_read(place, row)) {
      if (known.heard) return row_is(row, "there before its place");
      continue;
    }
    if (!known.heard && database_->there(row, place.change)) return row_is(row, "missing");
    if (!known.heard) continue;
    const bool same = known.unsure ? last <= gap_ : known.change == last;
    if (!same) {
      return row_is(row, "known as of change " + std::to_string(known.change) + ", should be " +
                             std::to_string(last));
    }
  }
  return {};
}

}  // namespace headwater::simulation
