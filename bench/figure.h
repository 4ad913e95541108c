// A measured number, the bound it should keep, and tables of them.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace headwater::bench {

struct Bound {
  enum class Kind { at_least, below };
  Kind kind;
  double value;
};

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<Bound> bound;  ///< None for figures that are only for scale.

  [[nodiscard]] bool met() const;
};

/// The result of one measurement.
struct Findings {
  std::string measurement;
  std::string about;  ///< One line: what was measured and how many times.
  std::vector<Figure> figures;
};

/// The median; 0 if there are no values.
[[nodiscard]] double median(std::vector<double> values);
/// The median of values[i] / by[i]. It compares values of the same round, so it does not matter if
/// the machine gets slower or faster between rounds.
[[nodiscard]] double median_ratio(const std::vector<double>& values, const std::vector<double>& by);
/// The smallest value that at least `percent` of the values do not exceed; 0 if there are none.
/// Sorts.
[[nodiscard]] double percentile(std::vector<double>& values, double percent);

/// "one run", "medians of 5 runs".
[[nodiscard]] std::string runs_text(int runs);
/// "0.512", "83,411": only significant digits.
[[nodiscard]] std::string number(double value);

void print_table(std::ostream& out, const std::vector<std::string>& machine,
                 const std::vector<Findings>& findings);
void print_markdown(std::ostream& out, const std::vector<std::string>& machine,
                    const std::vector<Findings>& findings);
void print_json(std::ostream& out, const std::vector<std::string>& machine,
                const std::vector<Findings>& findings);

}  // namespace headwater::bench
