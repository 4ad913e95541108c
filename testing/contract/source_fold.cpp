#include "testing/contract/source_fold.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <variant>

namespace headwater::testing {
namespace {

struct AsText {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(std::int64_t value) const { return "i" + std::to_string(value); }
  std::string operator()(double value) const { return "r" + std::to_string(value); }
  std::string operator()(const Text& text) const {
    return "t" + std::to_string(text.bytes.size()) + ":" + text.bytes;
  }
  std::string operator()(const Blob& blob) const {
    return "b" + std::to_string(blob.bytes.size()) + ":" + blob.bytes;
  }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return "i" + std::to_string(value); }
  std::string operator()(const Decimal& decimal) const { return "d" + decimal.text; }
  std::string operator()(const Time& time) const { return "w" + time.text; }
  std::string operator()(const JsonText& json) const { return "j" + json.text; }
  std::string operator()(Unchanged) const { return "unchanged"; }
};

}  // namespace

std::string fold_text(std::span<const Value> values) {
  std::string text;
  for (const Value& value : values) text += std::visit(AsText{}, value) + "|";
  return text;
}

std::string fold_text(const Value& value) { return fold_text({&value, 1}); }

/// Some sources do not know the row before a change.
void Fold::expect_before(const std::string& key, const Change& change) {
  if (change.before) {
    EXPECT_EQ(rows_[key], fold_text(rig_->value_in(*change.before))) << key;
  }
}

void Fold::apply(const Change& change) {
  const std::string key = fold_text(rig_->key_in(*change.key));
  EXPECT_TRUE(ids_.insert(change.id).second) << "repeated: " << change.id;
  switch (change.op) {
    case Op::read:
      EXPECT_TRUE(read_.insert(key).second) << "read twice: " << key;
      EXPECT_FALSE(changed_.contains(key)) << "read after a change: " << key;
      rows_[key] = fold_text(rig_->value_after(change));
      return;
    case Op::insert:
      EXPECT_FALSE(rows_.contains(key)) << "inserted, but exists: " << key;
      rows_[key] = fold_text(rig_->value_after(change));
      break;
    case Op::update:
    case Op::replace:
      EXPECT_TRUE(rows_.contains(key)) << "updated, but does not exist: " << key;
      expect_before(key, change);
      rows_[key] = fold_text(rig_->value_after(change));
      break;
    case Op::remove:
      EXPECT_TRUE(rows_.contains(key)) << "removed, but does not exist: " << key;
      expect_before(key, change);
      rows_.erase(key);
      break;
    default:
      ADD_FAILURE() << "unexpected operation: " << change.id;
  }
  changed_.insert(key);
}

}  // namespace headwater::testing
