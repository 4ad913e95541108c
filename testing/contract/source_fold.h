// Builds the table from a source's changes, as a consumer does, and checks each change.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>

#include "src/event/value.h"
#include "testing/contract/source_rig.h"

namespace headwater::testing {

/// Values as text. Different values have different texts.
[[nodiscard]] std::string fold_text(std::span<const Value> values);
[[nodiscard]] std::string fold_text(const Value& value);

/// The table after the changes applied so far. A change that contradicts an earlier one fails the
/// test.
class Fold {
 public:
  explicit Fold(const SourceRig& rig) : rig_(&rig) {}

  void apply(const Change& change);

  /// The rows that exist now: text of the key → text of the value.
  [[nodiscard]] const std::map<std::string, std::string>& rows() const { return rows_; }
  [[nodiscard]] std::size_t reads() const { return read_.size(); }
  [[nodiscard]] std::size_t changes() const { return ids_.size(); }

 private:
  void expect_before(const std::string& key, const Change& change);

  const SourceRig* rig_;
  std::set<std::string> ids_;
  std::set<std::string> read_;
  std::set<std::string> changed_;
  std::map<std::string, std::string> rows_;
};

}  // namespace headwater::testing
