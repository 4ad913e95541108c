#include "src/sources/rethinkdb/audit/waiting_document.h"

#include "src/event/json_text.h"
#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

const char* word_for(Op op) {
  if (op == Op::insert) return "insert";
  return op == Op::remove ? "delete" : "update";
}

std::string numbers(std::uint64_t number, std::uint64_t version) {
  return R"({"n":)" + std::to_string(number) + R"(,"v":)" + std::to_string(version);
}

}  // namespace

std::string to_json(const JournaledDocument& document) {
  std::string json = document.content;
  if (document.number == 0) return json;
  json.back() = ',';  // it has a primary key
  append_json_name(json, journal_name);
  json += ':' + numbers(document.number, document.version);
  json += document.gone ? R"(,"gone":true,"log":[)" : R"(,"log":[)";
  for (const Pending& each : document.pending) {
    if (json.back() == '}') json += ',';
    json += numbers(each.number, each.version) + R"(,"op":")" + word_for(each.op) + R"(","doc":)" +
            each.content + '}';
  }
  return json + "]}}";
}

}  // namespace headwater::rethinkdb
