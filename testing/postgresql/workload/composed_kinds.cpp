// Shapes, ranges, arrays, and types that somebody has made.
#include <string>

#include "testing/postgresql/workload/kinds.h"
#include "testing/postgresql/workload/random_texts.h"

namespace headwater::rig {
namespace {

std::string pair_of_numbers(Random& random) {
  return "(" + random_sign(random) + random_digits(random, 5) + "," + random_digits(random, 3) +
         ".5)";
}

/// A number or nothing, as a bound of a range; rising.
std::string bounds(Random& random, const std::string& low, const std::string& high) {
  if (one_in(random, 8)) return "empty";
  std::string text = one_in(random, 2) ? "[" : "(";
  if (!one_in(random, 5)) text += low;
  text += ",";
  if (!one_in(random, 5)) text += high;
  return text + (one_in(random, 2) ? "]" : ")");
}
std::string number_range(Random& random) {
  return bounds(random, "-" + random_digits(random, 6), random_digits(random, 6));
}
std::string date_range(Random& random) { return bounds(random, "1999-01-02", "2026-11-30"); }
std::string moment_range(Random& random) {
  return bounds(random, "\"1999-01-02 03:04:05+00\"",
                one_in(random, 2) ? "infinity" : "2026-11-30");
}
std::string number_ranges(Random& random) {
  if (one_in(random, 4)) return "{}";
  return "{[1," + random_digits(random, 4) + "],(" + "100000,2" + random_digits(random, 5) +
         "00000]}";
}

/// Of whole numbers, of one or two dimensions, or with other bounds.
std::string numbers(Random& random) {
  static constexpr const char* odd[] = {"{}", "{NULL}", "{{1,2},{3,NULL}}", "[2:3]={7,8}"};
  return one_in(random, 2) ? any_of(random, odd) : "{" + random_digits(random, 4) + ",-1}";
}
std::string escaped(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}
std::string texts(Random& random) {
  return "{" + escaped(random_text(random)) + ",NULL," + escaped(random_text(random)) + "}";
}
std::string mood(Random& random) {
  static constexpr const char* moods[] = {"sad", "it's ok", "z\xc3\xbcrnend"};
  return any_of(random, moods);
}
std::string moods(Random& random) { return "{" + escaped(mood(random)) + ",NULL}"; }
std::string positive(Random& random) { return random_digits(random, 8); }
std::string pair_of_values(Random& random) {
  if (one_in(random, 6)) return "(,)";
  return "(" + random_digits(random, 5) + "," + escaped(random_text(random)) + ")";
}
std::string pairs(Random& random) { return "{" + escaped(pair_of_values(random)) + "}"; }

std::string box(Random& random) { return pair_of_numbers(random) + "," + pair_of_numbers(random); }
std::string path(Random& random) { return "[" + box(random) + "]"; }
std::string polygon(Random& random) {
  return "(" + box(random) + "," + pair_of_numbers(random) + ")";
}
std::string line(Random& random) { return "{1," + random_digits(random, 3) + ",-2}"; }
std::string circle(Random& random) { return "<" + pair_of_numbers(random) + ",2>"; }

}  // namespace

const std::vector<Kind>& composed_kinds() {
  static const std::vector<Kind> kinds{{"point", &pair_of_numbers},
                                       {"line", &line},
                                       {"lseg", &path},
                                       {"box", &box},
                                       {"path", &path},
                                       {"polygon", &polygon},
                                       {"circle", &circle},
                                       {"int4range", &number_range},
                                       {"numrange", &number_range},
                                       {"floatrange", &number_range},
                                       {"daterange", &date_range},
                                       {"tstzrange", &moment_range},
                                       {"int8multirange", &number_ranges},
                                       {"nummultirange", &number_ranges},
                                       {"integer[]", &numbers},
                                       {"numeric[]", &numbers},
                                       {"text[]", &texts},
                                       {"mood", &mood},
                                       {"mood[]", &moods},
                                       {"positive", &positive},
                                       {"counted", &positive},
                                       {"pair", &pair_of_values},
                                       {"pair[]", &pairs}};
  return kinds;
}

}  // namespace headwater::rig
