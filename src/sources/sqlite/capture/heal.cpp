#include <algorithm>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair.h"

namespace headwater::sqlite {

/// Whether the schema is unchanged; records the newest log row written under it.
Result<bool> Healer::unchanged() {
  auto version = database_->integer_again("PRAGMA main.schema_version");
  if (!version) return failed(version);
  if (version_ < 0 || *version != version_) return false;
  auto renew = meta_integer(*database_, "renew");
  if (!renew) return failed(renew);
  auto head = log_head(*database_);
  if (!head) return failed(head);
  sure_ = *head;
  return *renew == 0;
}

Result<Report> Healer::heal() {
  bool same = false;
  const std::int64_t sure_before = sure_;
  auto looked = database_->transaction("", [&]() -> Result<void> {
    auto result = unchanged();
    if (!result) return failed(result);
    same = *result;
    return {};
  });
  if (!looked) return failed(looked);
  if (same) return Report{};

  auto sure = meta_integer(*database_, "sure");
  if (!sure) {  // no such table: reports why
    auto state = log_state(*database_);
    if (!state) return failed(state);
    return *state == LogState::ready ? failed(sure) : fail(log_error(*state, *database_));
  }
  auto repaired = repair(*database_, {.sure = std::max(*sure, sure_before)});
  if (!repaired) return failed(repaired);
  version_ = repaired->version;
  return repaired->changed ? std::move(repaired->report) : Report{};
}

}  // namespace headwater::sqlite
