#include "src/targets/shared/primary_key.h"

#include <algorithm>

#include "src/targets/shared/errors.h"

namespace headwater::targets {

bool PrimaryKey::has(const std::string& column) const {
  return std::ranges::find(columns_, column) != columns_.end();
}

Result<void> PrimaryKey::check(const std::string& table, const TableRow& key) {
  if (key.columns == checked_) return {};
  order_.clear();
  for (const std::string& name : columns_) {
    const auto found = std::ranges::find(*key.columns, name);
    if (found == key.columns->end()) break;
    order_.push_back(static_cast<std::size_t>(found - key.columns->begin()));
  }
  if (columns_.empty() || order_.size() != columns_.size() ||
      key.columns->size() != columns_.size()) {
    return fail(key_differs(table, columns_, *key.columns));
  }
  checked_ = key.columns;
  return {};
}

}  // namespace headwater::targets
