#include <algorithm>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair.h"

namespace headwater::sqlite {

/// Whether the schema is as we left it; notes how far the log has come under it.
Result<bool> Healer::unchanged() {
  auto version = database_->integer("PRAGMA main.schema_version");
  if (!version) return fail(std::move(version.error()));
  if (version_ < 0 || *version != version_) return false;
  auto renew = meta_integer(*database_, "renew");
  if (!renew) return fail(std::move(renew.error()));
  auto head = log_head(*database_);
  if (!head) return fail(std::move(head.error()));
  sure_ = *head;
  return *renew == 0;
}

Result<Report> Healer::heal() {
  bool same = false;
  const std::int64_t sure_before = sure_;
  auto looked = database_->transaction("", [&]() -> Result<void> {
    auto result = unchanged();
    if (!result) return fail(std::move(result.error()));
    same = *result;
    return {};
  });
  if (!looked) return fail(std::move(looked.error()));
  if (same) return Report{};

  Report report;
  std::int64_t version = -1;
  auto healed = database_->transaction("IMMEDIATE", [&]() -> Result<void> {
    auto state = log_state(*database_);
    if (!state) return fail(std::move(state.error()));
    if (*state != LogState::ready) return fail(log_error(*state, *database_));
    auto sure = meta_integer(*database_, "sure");
    if (!sure) return fail(std::move(sure.error()));
    auto repaired =
        repair(*database_, {.sure = std::max(*sure, sure_before), .except_relay = std::nullopt});
    if (!repaired) return fail(std::move(repaired.error()));
    if (repaired->changed) report = std::move(repaired->report);
    auto now = database_->integer("PRAGMA main.schema_version");
    if (!now) return fail(std::move(now.error()));
    version = *now;
    auto head = log_head(*database_);
    if (!head) return fail(std::move(head.error()));
    sure_ = *head;
    return {};
  });
  if (!healed) return fail(std::move(healed.error()));
  version_ = version;
  return report;
}

}  // namespace headwater::sqlite
