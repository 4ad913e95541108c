#include "bench/figure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <iomanip>
#include <utility>

#include "src/json/json.h"

namespace headwater::bench {
namespace {

std::string bound_text(const Figure& figure) {
  if (!figure.bound) return "";
  const std::string sign = figure.bound->kind == Bound::Kind::at_least ? ">= " : "< ";
  return sign + number(figure.bound->value);
}

std::string verdict(const Figure& figure) {
  if (!figure.bound) return "";
  return figure.met() ? "ok" : "missed";
}

}  // namespace

bool Figure::met() const {
  if (!bound) return true;
  return bound->kind == Bound::Kind::at_least ? value >= bound->value : value < bound->value;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  if (values.size() % 2 == 1) return values[half];
  return (values[half - 1] + values[half]) / 2;
}

double median_ratio(const std::vector<double>& values, const std::vector<double>& by) {
  std::vector<double> ratios;
  ratios.reserve(values.size());
  for (std::size_t i = 0; i < std::min(values.size(), by.size()); ++i) {
    ratios.push_back(values[i] / by[i]);
  }
  return median(std::move(ratios));
}

double percentile(std::vector<double>& values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return values[std::min(index, values.size() - 1)];
}

std::string runs_text(int runs) {
  if (runs == 1) return "one run";
  return std::string("medians of ").append(std::to_string(runs)).append(" runs");
}

std::string number(double value) {
  const double size = std::abs(value);
  int digits = 3;
  if (size >= 100) {
    digits = 0;
  } else if (size >= 10) {
    digits = 1;
  } else if (size >= 1) {
    digits = 2;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  std::string plain = text;
  const std::size_t sign = plain.starts_with('-') ? 1 : 0;
  for (std::size_t at = plain.find('.') == std::string::npos ? plain.size() : plain.find('.');
       at > sign + 3;) {
    at -= 3;
    plain.insert(at, 1, ',');
  }
  return plain;
}

void print_table(std::ostream& out, const std::vector<std::string>& machine,
                 const std::vector<Findings>& findings) {
  std::size_t width = 0;
  for (const auto& each : findings) {
    for (const auto& figure : each.figures) width = std::max(width, figure.name.size());
  }
  for (const auto& line : machine) out << line << '\n';
  for (const auto& each : findings) {
    out << '\n' << each.measurement << ": " << each.about << '\n';
    for (const auto& figure : each.figures) {
      out << "  " << std::left << std::setw(static_cast<int>(width)) << figure.name << std::right
          << std::setw(12) << number(figure.value) << ' ' << std::left << std::setw(12)
          << figure.unit << std::setw(10) << bound_text(figure) << verdict(figure) << '\n';
    }
  }
}

void print_markdown(std::ostream& out, const std::vector<std::string>& machine,
                    const std::vector<Findings>& findings) {
  for (const auto& line : machine) out << "- " << line << '\n';
  out << "\n| measurement | figure | value | bound | |\n|---|---|---:|---:|---|\n";
  for (const auto& each : findings) {
    for (const auto& figure : each.figures) {
      out << "| " << each.measurement << " | " << figure.name << " | " << number(figure.value)
          << ' ' << figure.unit << " | " << bound_text(figure) << " | " << verdict(figure)
          << " |\n";
    }
  }
}

void print_json(std::ostream& out, const std::vector<std::string>& machine,
                const std::vector<Findings>& findings) {
  Json figures = Json::array();
  for (const auto& each : findings) {
    for (const auto& figure : each.figures) {
      Json entry{{"measurement", each.measurement},
                 {"figure", figure.name},
                 {"value", figure.value},
                 {"unit", figure.unit}};
      if (figure.bound) {
        entry.set("bound", bound_text(figure));
        entry.set("met", figure.met());
      }
      figures.push_back(std::move(entry));
    }
  }
  const Json all{{"machine", Json::array(machine)}, {"figures", std::move(figures)}};
  out << all.dump(2) << '\n';
}

}  // namespace headwater::bench
