#include "src/demo/audit.h"

#include <iomanip>
#include <sstream>
#include <string_view>

#include "src/base/grouped.h"
#include "src/demo/picture.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"

namespace headwater::demo {
namespace {

void line(std::ostream& to, std::string_view label, std::uint64_t verified, std::uint64_t counted,
          const std::string& remark = "") {
  to << "  " << std::left << std::setw(22) << label << std::right << std::setw(14)
     << grouped(verified) << std::setw(14) << grouped(counted);
  if (!remark.empty()) to << "   " << remark;
  to << '\n';
}

}  // namespace

bool DemoAudit::clean() const {
  const auto nothing_wrong = [](const Count& count) {
    return count.events == count.committed && count.lost == 0 && count.repeated == 0 &&
           count.out_of_order == 0;
  };
  return verify_agrees && rows_different == 0 && verified == counted &&
         logged == counted.committed && nothing_wrong(verified) && nothing_wrong(counted);
}

Result<DemoAudit> read_verify(const std::string& text) {
  std::string wrong;
  DemoAudit audit;
  if (const auto json = Json::parse(text, wrong)) {
    MemberReader report(*json, wrong);
    audit.verify_agrees = report.boolean("agree");
    audit.verified = {.committed = report.unsigned_integer("committed"),
                      .events = report.unsigned_integer("published"),
                      .lost = report.unsigned_integer("lost"),
                      .repeated = report.unsigned_integer("repeated"),
                      .out_of_order = report.unsigned_integer("out_of_order")};
    if (!report["tables"].is_array()) report.reject("tables", "not an array");
    for (const Json& findings : report["tables"].elements()) {
      MemberReader table(findings, wrong);
      audit.rows += table.unsigned_integer("rows");
      for (const char* kind : {"different", "only_in_stream", "only_in_database"}) {
        audit.rows_different += table.unsigned_integer(kind);
      }
    }
  }
  if (wrong.empty()) return audit;
  return fail({.name = "demo.audit",
               .message = "the output of headwater verify cannot be read: " + wrong,
               .next = "headwater verify -c FILE"});
}

Result<void> count_by_hand(DemoAudit& audit, std::uint64_t committed, const Reader& reader,
                           sqlite::Database& shop) {
  audit.rows_read = reader.rows_read();
  audit.counted = {.committed = committed,
                   .events = reader.changes() + reader.unreadable(),
                   .repeated = reader.repeated(),
                   .out_of_order = reader.out_of_order()};
  auto logged = shop.prepare("SELECT seq FROM _headwater_log ORDER BY seq");
  if (!logged) return failed(logged);
  for (;;) {
    auto row = logged->step();
    if (!row) return failed(row);
    if (!*row) break;
    ++audit.logged;
    if (!reader.has(static_cast<std::uint64_t>(logged->integer(0)))) ++audit.counted.lost;
  }
  // A change that never reached the log is also lost.
  if (committed > audit.logged) audit.counted.lost += committed - audit.logged;
  return {};
}

std::string to_text(const DemoAudit& audit) {
  std::ostringstream text;
  text << "  " << std::setw(36) << "headwater verify" << std::setw(14) << "by hand" << '\n';
  line(text, "changes committed", audit.verified.committed, audit.counted.committed,
       "by hand: the sum of what each writer counted");
  line(text, "events in the stream", audit.verified.events, audit.counted.events,
       "and " + grouped(audit.rows_read) + " rows that existed before");
  line(text, "lost", audit.verified.lost, audit.counted.lost);
  line(text, "repeated", audit.verified.repeated, audit.counted.repeated);
  line(text, "out of order", audit.verified.out_of_order, audit.counted.out_of_order);
  text << "  " << std::left << std::setw(22) << "rows that differ" << std::right << std::setw(14)
       << grouped(audit.rows_different) << "   of " << grouped(audit.rows)
       << ", the folded stream compared with the tables\n";
  if (audit.logged != audit.counted.committed) {
    text << "  the database's own log has " << grouped(audit.logged) << " changes\n";
  }
  return text.str();
}

}  // namespace headwater::demo
