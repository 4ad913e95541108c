#include "src/serve/page.h"

#include <string_view>

namespace headwater {
namespace {

constexpr std::string_view head =
    R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Headwater</title><style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th { font-weight: 400; text-align: left; width: 14rem }
td, th { border-top: 1px solid #ddd; padding: .2rem .5rem; vertical-align: top } progress { width: 12rem }
.ready { color: #17692b } .trouble { color: #b3261e }
</style></head><body>
<h1>Headwater</h1>
)";

void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        to += "&amp;";
        break;
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '"':
        to += "&quot;";
        break;
      default:
        to += c;
    }
  }
}

std::string words_of(const Json& value) {
  return value.text() ? std::string(*value.text()) : value.dump();
}

void append_row(std::string& to, std::string_view name, const Json& value);

/// {"retries":{"stream.away":3}} is a row for each of them.
void append_rows(std::string& to, std::string_view name, const Json& object) {
  for (const auto& [each, value] : object.members()) {
    append_row(to, std::string(name) + " " + each, value);
  }
}

void append_progress(std::string& to, const Json& snapshot) {
  if (!snapshot.contains("rows_total")) return;
  to += "<tr><th>snapshot</th><td><progress value=\"" + snapshot["rows_done"].dump() + "\" max=\"" +
        snapshot["rows_total"].dump() + "\"></progress></td></tr>\n";
}

void append_row(std::string& to, std::string_view name, const Json& value) {
  if (name == "snapshot") append_progress(to, value);
  if (value.is_object()) return append_rows(to, name, value);
  to += "<tr><th>";
  append_escaped(to, name);
  to += "</th><td>";
  append_escaped(to, words_of(value));
  to += "</td></tr>\n";
}

/// A relay or a consumer: what it is called, how it is, and a row for everything else.
void append_one(std::string& to, std::string_view kind, const Json& one) {
  const bool trouble = one.contains("trouble") || one.contains("error");
  to += "<h2>";
  append_escaped(to, words_of(one[kind]));
  to += trouble ? " <span class=\"trouble\">" : " <span class=\"ready\">";
  append_escaped(to, one.contains("state") ? words_of(one["state"]) : std::string());
  to += "</span></h2>\n<table>\n";
  for (const auto& [name, value] : one.members()) {
    if (name != kind && name != "state") append_row(to, name, value);
  }
  to += "</table>\n";
}

}  // namespace

std::string to_page(const Json& status) {
  std::string page(head);
  page += "<p>version ";
  append_escaped(page, words_of(status["version"]));
  page += ", started ";
  append_escaped(page, words_of(status["started"]));
  page += ", now ";
  append_escaped(page, words_of(status["time"]));
  page +=
      "; also <a href=\"/metrics\">/metrics</a>, <a href=\"/status\">/status</a>, "
      "<a href=\"/livez\">/livez</a>, <a href=\"/readyz\">/readyz</a></p>\n";
  for (const auto& [list, kind] : {std::pair{"relays", "relay"}, {"consumers", "consumer"}}) {
    if (!status.contains(list)) continue;
    for (const Json& one : status[list].elements()) append_one(page, kind, one);
  }
  return page + "</body></html>\n";
}

}  // namespace headwater
