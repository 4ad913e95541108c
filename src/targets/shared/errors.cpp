#include "src/targets/shared/errors.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace headwater::targets {
namespace {

Error stops(std::string name, std::string message, std::string next) {
  return {.remedy = Remedy::stop,
          .origin = Origin::target,
          .name = std::move(name),
          .message = std::move(message),
          .next = std::move(next)};
}

}  // namespace

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

Error conflict(const CopyName& copy, const CopyPlace& found) {
  return {.remedy = Remedy::stand_by,
          .origin = Origin::target,
          .name = "target.conflict",
          .message = "another process has moved the copy " + copy.name + " to event " +
                     std::to_string(found.sequence) + "; nothing was applied twice",
          .next =
              "stop one of the two, or give one another name: headwater materialize -c FILE "
              "--name NAME"};
}

Error table_not_empty(const std::string& table) {
  return stops(
      "target.table_not_empty", "table " + table + " already has rows, which no copy has made",
      "empty it, or let the copy's tables have other names: materialize: { prefix: copy_ }");
}

Error table_taken(const std::string& table, const std::string& by) {
  return stops("target.table_taken", "table " + table + " already holds the rows of " + by,
               "let names contain the database: materialize: { names: full }, or set a prefix: "
               "materialize: { prefix: copy_ }");
}

Error key_differs(const std::string& table, const std::vector<std::string>& has,
                  const std::vector<std::string>& needs) {
  const std::string is = has.empty() ? "no primary key" : "the primary key " + joined(has);
  return stops("target.key_differs",
               "table " + table + " has " + is + ", and the key in the events is " + joined(needs),
               "give the table that primary key, or drop it and make the copy again: headwater "
               "materialize -c FILE --rebuild");
}

Error bad_name(const std::string& table, const std::string& why) {
  return stops("target.bad_name", "table " + table + ": " + why,
               "leave the table out: materialize: { tables: [...] }");
}

bool is_of_catalog(const std::string& table) {
  std::string lower = table;
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return lower == "headwater_places" || lower == "headwater_tables";
}

Error name_of_catalog(const std::string& table) {
  return stops("target.bad_name", "table " + table + ": Headwater has a table of this name itself",
               "leave the table out: materialize: { tables: [...] }, or set a prefix: materialize: "
               "{ prefix: copy_ }");
}

Error unreadable_difference(const std::string& table) {
  return stops(
      "target.unreadable_difference",
      "an event of " + table + " describes an update that cannot be applied",
      "let the source publish whole documents: full_document: updateLookup; then headwater "
      "materialize -c FILE --rebuild");
}

Error wrong_notation(const std::string& table) {
  return stops("target.wrong_notation", "the events of " + table + " mix rows and documents",
               "use one stream for each");
}

}  // namespace headwater::targets
