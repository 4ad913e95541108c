#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/one_line.h"
#include "src/json/json.h"
#include "src/verify/verify.h"

namespace headwater {
namespace {

std::string_view word_for(RowDifference::Kind kind) {
  switch (kind) {
    case RowDifference::Kind::differs:
      return "differs";
    case RowDifference::Kind::only_in_stream:
      return "only in stream";
    case RowDifference::Kind::only_in_database:
      return "only in database";
  }
  return "";
}

void line(std::ostream& to, std::string_view label, std::uint64_t figure,
          std::string_view remark = {}) {
  to << std::left << std::setw(26) << label << std::right << std::setw(14) << figure;
  if (!remark.empty()) to << "  " << remark;
  to << '\n';
}

void describe(std::ostream& to, const RowDifference& difference) {
  to << "  " << one_line(difference.table) << ' ' << one_line(difference.key) << ": "
     << word_for(difference.kind);
  if (difference.sequence > 0) to << " (event " << difference.sequence << ')';
  to << '\n';
  const auto shown = [](const std::string& value) {
    return value.empty() ? "absent" : one_line(value);
  };
  for (const ColumnDifference& column : difference.columns) {
    to << "    " << one_line(column.column) << ": stream " << shown(column.in_stream)
       << ", database " << shown(column.in_database) << '\n';
  }
  if (difference.only_order) to << "    the same fields in another order\n";
}

Json to_json(const TableFindings& table) {
  return {{"table", table.table},
          {"rows", table.rows},
          {"equal", table.equal},
          {"different", table.differing},
          {"only_in_stream", table.only_in_stream},
          {"only_in_database", table.only_in_database},
          {"not_comparable", table.not_comparable}};
}

Json to_json(const RowDifference& difference) {
  Json columns = Json::array();
  for (const ColumnDifference& column : difference.columns) {
    columns.push_back({{"column", column.column},
                       {"stream", column.in_stream},
                       {"database", column.in_database}});
  }
  Json json{{"kind", word_for(difference.kind)},
            {"table", difference.table},
            {"key", difference.key},
            {"sequence", difference.sequence},
            {"columns", std::move(columns)}};
  if (difference.only_order) json.set("only_order", true);
  return json;
}

}  // namespace

std::string to_text(const VerifyReport& report) {
  std::ostringstream text;
  line(text, "changes committed", report.ids.committed);
  line(text, "published", report.ids.published);
  line(text, "not yet due", report.ids.pending, "committed after the relay's position");
  if (report.ids.aged_out > 0) {
    line(text, "aged out", report.ids.aged_out, "removed by retention; no longer comparable");
  }
  if (report.ids.left_out > 0) {
    line(text, "left out", report.ids.left_out, "reported by a gap event in the stream");
  }
  if (report.ids.unproven > 0) {
    line(text, "unproven", report.ids.unproven, report.ids.unproven_because);
  }
  line(text, "events in the stream", report.events,
       "up to the tail; rows read at the start included");
  line(text, "lost", report.ids.lost);
  line(text, "repeated", report.ids.repeated);
  line(text, "out of order", report.ids.out_of_order);
  if (report.ids.unknown > 0) {
    line(text, "unknown", report.ids.unknown, "in the stream; the database has no such change");
  }
  for (const std::string& id : report.ids.examples) text << "  " << one_line(id) << '\n';
  for (const TableFindings& table : report.tables) {
    line(text, "table " + one_line(table.table), table.rows, "rows");
    line(text, "  equal", table.equal);
    line(text, "  different", table.differing);
    line(text, "  only in the stream", table.only_in_stream);
    line(text, "  only in the database", table.only_in_database);
    if (table.not_comparable > 0) {
      line(text, "  not comparable", table.not_comparable,
           "the stream lacks the whole row: aged out, older than the capture, only differences, or "
           "no key");
    }
  }
  if (!report.rows_not_compared.empty()) {
    text << "rows not compared: " << report.rows_not_compared << '\n';
  }
  for (const RowDifference& difference : report.examples) describe(text, difference);
  text << (report.agree() ? "stream and database agree\n" : "stream and database DIFFER\n");
  return text.str();
}

std::string to_json(const VerifyReport& report) {
  Json tables = Json::array();
  for (const TableFindings& table : report.tables) tables.push_back(to_json(table));
  Json differences = Json::array();
  for (const RowDifference& difference : report.examples) {
    differences.push_back(to_json(difference));
  }
  Json json{{"agree", report.agree()},
            {"source", report.source},
            {"tail_sequence", report.tail_sequence},
            {"events", report.events},
            {"committed", report.ids.committed},
            {"published", report.ids.published},
            {"pending", report.ids.pending},
            {"aged_out", report.ids.aged_out},
            {"left_out", report.ids.left_out},
            {"lost", report.ids.lost},
            {"repeated", report.ids.repeated},
            {"out_of_order", report.ids.out_of_order},
            {"unknown", report.ids.unknown},
            {"unproven", report.ids.unproven},
            {"id_examples", Json::array(report.ids.examples)},
            {"tables", std::move(tables)},
            {"differences", std::move(differences)}};
  if (!report.rows_not_compared.empty()) json.set("rows_not_compared", report.rows_not_compared);
  // Keys and names come from the database and need not be UTF-8.
  return json.dump(2);
}

}  // namespace headwater
