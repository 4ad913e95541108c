// Numbers, texts, times, addresses.
#include <cstdint>
#include <limits>
#include <string>

#include "testing/postgresql/workload/kinds.h"
#include "testing/postgresql/workload/random_texts.h"

namespace headwater::rig {
namespace {

template <std::int64_t lowest>
std::string whole(Random& random) {
  constexpr std::int64_t highest = -(lowest + 1);
  if (one_in(random, 6)) return std::to_string(one_in(random, 2) ? lowest : highest);
  if (one_in(random, 3)) return std::to_string(static_cast<std::int64_t>(any(random, 20)) - 10);
  return std::to_string(static_cast<std::int64_t>(random()) % highest);
}

std::string numeric(Random& random) {
  static constexpr const char* odd[] = {"NaN",
                                        "Infinity",
                                        "-Infinity",
                                        "0",
                                        "0.00",
                                        "9007199254740993",
                                        "1e-40",
                                        "-1.10",
                                        "1e60",
                                        "9223372036854775808",
                                        "-9223372036854775808"};
  if (one_in(random, 4)) return any_of(random, odd);
  const std::uint64_t most = one_in(random, 20) ? 2'000 : 30;
  std::string number = random_sign(random) + random_digits(random, most);
  if (one_in(random, 2)) number += "." + random_digits(random, most);
  return number;
}

std::string small_numeric(Random& random) {
  return one_in(random, 8)
             ? "NaN"
             : random_sign(random) + random_digits(random, 14) + "." + random_digits(random, 5);
}

std::string real(Random& random) {
  static constexpr const char* odd[] = {"NaN",  "Infinity", "-Infinity", "0",       "-0",
                                        "1",    "1e-37",    "3.4e+38",   "0.1",     "16777217",
                                        "1e15", "1e16",     "-1.5",      "1.17e-38"};
  if (one_in(random, 3)) return any_of(random, odd);
  return random_sign(random) + "0." + random_digits(random, 17) + "e" + random_sign(random) +
         std::to_string(any(random, 36));
}

std::string blob(Random& random) { return "\\x" + random_hex(random, any(random, 40)); }

std::string one_character(Random& random) { return std::string(1, "aZ'\"\\% "[any(random, 7)]); }

std::string name(Random& random) { return "name " + random_digits(random, 20); }

std::string json(Random& random) {
  static constexpr const char* texts[] = {
      "null",
      "true",
      "\"\"",
      "[]",
      " {\"b\":1, \"a\" : [1.0, 1e3, null], \"b\":\"\\u00e9\\n\"} ",
      "12345678901234567890.50",
      "\"\\ud83d\\ude00\"",
      "[[{}], {\"\": \"'\"}]"};
  return one_in(random, 3) ? "{\"n\":" + random_digits(random, 25) + "}" : any_of(random, texts);
}

std::string uuid(Random& random) { return random_hex(random, 16); }
std::string bits(Random& random, std::uint64_t count) {
  std::string text;
  for (; count > 0; --count) text += one_in(random, 2) ? '1' : '0';
  return text;
}
std::string five_bits(Random& random) { return bits(random, 5); }
std::string some_bits(Random& random) { return bits(random, any(random, 20)); }

std::string two(std::uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string clock(Random& random) {
  std::string text = two(any(random, 24)) + ":" + two(any(random, 60)) + ":" + two(any(random, 60));
  if (one_in(random, 2)) text += "." + random_digits(random, 6);
  return text;
}
std::string clock_in_zone(Random& random) {
  return clock(random) + (one_in(random, 2) ? "+" : "-") + two(any(random, 13)) + ":30";
}
std::string date(Random& random) {
  static constexpr const char* odd[] = {"infinity", "-infinity", "4713-01-01 BC", "5874897-12-31",
                                        "0044-03-15 BC"};
  if (one_in(random, 4)) return any_of(random, odd);
  return std::to_string(1900 + any(random, 200)) + "-" + two(1 + any(random, 12)) + "-" +
         two(1 + any(random, 28));
}
std::string moment(Random& random) {
  static constexpr const char* odd[] = {"infinity", "-infinity", "4713-01-02 00:00:00 BC",
                                        "294276-12-30 23:59:59.999999"};
  if (one_in(random, 4)) return any_of(random, odd);
  return std::to_string(1900 + any(random, 200)) + "-11-30 " + clock(random);
}
std::string moment_in_zone(Random& random) {
  const std::string text = moment(random);
  return text.find("inity") != std::string::npos ? text
                                                 : text + (text.ends_with("BC") ? "" : "+05");
}

std::string span(Random& random) {
  static constexpr const char* odd[] = {"1 year 2 mons -3 days 04:05:06.789",
                                        "-1 days",
                                        "0",
                                        "-178000000 years",
                                        "00:00:00.000001",
                                        "1 mon -1 days"};
  return one_in(random, 2) ? any_of(random, odd)
                           : random_sign(random) + random_digits(random, 8) + " seconds";
}

std::string money(Random& random) {
  return one_in(random, 6) ? "-92233720368547758.08"
                           : random_sign(random) + random_digits(random, 8) + ".25";
}
std::string xml(Random& random) {
  return "<a b=\"" + random_digits(random, 5) + "\">x &amp; <!-- y --></a>";
}
std::string address(Random& random) {
  return one_in(random, 3) ? "2001:db8::1/64"
                           : "10.0.0." + std::to_string(any(random, 256)) + "/24";
}
std::string network(Random& random) { return "10.0." + std::to_string(any(random, 256)) + ".0/24"; }
std::string hardware(Random& random) { return random_hex(random, 6); }
std::string long_hardware(Random& random) { return random_hex(random, 8); }
std::string lexemes(Random& random) { return "'fat':2A " + random_digits(random, 3) + ":1,3"; }
std::string query(Random& random) { return "fat & !" + random_digits(random, 3) + ":*"; }
std::string place(Random& random) { return "0/" + random_hex(random, 3); }
std::string json_path(Random& random) {
  return "$.\"a b\"[*] ? (@ > " + random_digits(random, 3) + ")";
}
std::string object(Random& random) { return std::to_string(any(random, 4'294'967'296)); }
std::string truth(Random& random) { return one_in(random, 2) ? "t" : "f"; }

}  // namespace

const std::vector<Kind>& plain_kinds() {
  static const std::vector<Kind> kinds{{"integer", &whole<-2'147'483'648>},
                                       {"bigint", &whole<std::numeric_limits<std::int64_t>::min()>},
                                       {"numeric", &numeric},
                                       {"numeric(20,5)", &small_numeric},
                                       {"real", &real},
                                       {"double precision", &real},
                                       {"money", &money},
                                       {"text", &random_text},
                                       {"character varying(10)", &random_text},
                                       {"character(10)", &random_text},
                                       {"\"char\"", &one_character},
                                       {"name", &name},
                                       {"bytea", &blob},
                                       {"json", &json},
                                       {"jsonb", &json},
                                       {"xml", &xml},
                                       {"boolean", &truth},
                                       {"date", &date},
                                       {"time without time zone", &clock},
                                       {"time with time zone", &clock_in_zone},
                                       {"timestamp without time zone", &moment},
                                       {"timestamp with time zone", &moment_in_zone},
                                       {"interval", &span},
                                       {"uuid", &uuid},
                                       {"inet", &address},
                                       {"cidr", &network},
                                       {"macaddr", &hardware},
                                       {"macaddr8", &long_hardware},
                                       {"bit(5)", &five_bits},
                                       {"bit varying(20)", &some_bits},
                                       {"tsvector", &lexemes},
                                       {"tsquery", &query},
                                       {"pg_lsn", &place},
                                       {"jsonpath", &json_path},
                                       {"oid", &object},
                                       {"exact", &numeric}};
  return kinds;
}

}  // namespace headwater::rig
