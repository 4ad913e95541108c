#include "testing/soak/report.h"

#include <iomanip>
#include <sstream>

#include "testing/soak/flat.h"

namespace headwater::soak {
namespace {

struct Measure {
  const char* name;
  const std::vector<double> Samples::*values;
  double slack;
  int digits;
};
constexpr Measure measures[] = {
    {"resident memory, MiB", &Samples::resident_mib, 2, 1},
    {"proportional memory, MiB", &Samples::proportional_mib, 2, 1},
    {"descriptors", &Samples::descriptors, 2, 0},
    {"threads", &Samples::threads, 2, 0},
};

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// A row of a table: a name, and a value for each outcome.
template <class Value>
void row(std::ostream& out, const std::string& name, const Result& result, const Value& value) {
  out << "| " << name << " |";
  for (const Outcome& outcome : result.outcomes) out << ' ' << value(outcome) << " |";
  out << '\n';
}

void head(std::ostream& out, const Result& result) {
  row(out, "", result, [](const Outcome& outcome) { return outcome.name; });
  out << "|---|";
  for (std::size_t i = 0; i < result.outcomes.size(); ++i) out << "---:|";
  out << '\n';
}

void print_counts(std::ostream& out, const Result& result) {
  head(out, result);
  const auto of = [&](const char* name, std::uint64_t Count::*value) {
    row(out, name, result,
        [&](const Outcome& outcome) { return grouped(outcome.findings.count.*value); });
  };
  row(out, "transactions acknowledged", result,
      [](const Outcome& outcome) { return grouped(outcome.transactions); });
  of("changes committed", &Count::committed);
  of("events", &Count::events);
  of("**lost**", &Count::lost);
  of("**repeated**", &Count::repeated);
  of("**out of order**", &Count::out_of_order);
  of("**of no change**", &Count::unknown);
  row(out, "takeovers", result,
      [](const Outcome& outcome) { return grouped(outcome.logged.takeovers); });
  row(out, "longest silence after a fault, s", result, [](const Outcome& outcome) {
    return number(std::chrono::duration<double>(outcome.longest_silence).count(), 1);
  });
  row(out, "leaders killed", result,
      [](const Outcome& outcome) { return grouped(outcome.leaders_killed); });
  out << '\n';
}

/// Counts with names, of which not every outcome has each.
using Counts = std::map<std::string, std::uint64_t>;
template <class Of>
void print_named(std::ostream& out, const Result& result, const Of& of) {
  Counts all;
  for (const Outcome& outcome : result.outcomes) {
    for (const auto& [name, count] : of(outcome)) all[name] += count;
  }
  head(out, result);
  for (const auto& each : all) {
    row(out, each.first, result, [&](const Outcome& outcome) {
      const Counts& counts = of(outcome);
      const auto found = counts.find(each.first);
      return found == counts.end() ? std::string("-") : grouped(found->second);
    });
  }
  out << '\n';
}

void print_samples(std::ostream& out, const Result& result) {
  out << "| relay that lived all the time | | begin | end | most | "
         "|\n|---|---|---:|---:|---:|---|\n";
  for (const Outcome& outcome : result.outcomes) {
    for (const Samples& samples : outcome.samples) {
      for (const Measure& measure : measures) {
        const Trend trend = trend_of(samples.*measure.values, measure.slack);
        const char* verdict = !trend.judged ? "too short to tell"
                              : trend.flat  ? "flat"
                                            : "**grows**";
        out << "| " << outcome.name << ", " << samples.relay << " | " << measure.name << " | "
            << number(trend.begin, measure.digits) << " | " << number(trend.end, measure.digits)
            << " | " << number(trend.most, measure.digits) << " | " << verdict << " |\n";
      }
    }
  }
  out << '\n';
}

}  // namespace

std::vector<std::string> broken(const Result& result) {
  std::vector<std::string> all;
  for (const Outcome& outcome : result.outcomes) {
    if (!outcome.findings.count.right()) {
      all.push_back(outcome.name + ": the stream is not what was committed");
    }
    for (const std::string& wrong : outcome.findings.wrong) {
      all.push_back(outcome.name + ": " + wrong);
    }
    for (const Samples& samples : outcome.samples) {
      for (const Measure& measure : measures) {
        if (trend_of(samples.*measure.values, measure.slack).flat) continue;
        all.push_back(outcome.name + ", " + samples.relay + ": " + measure.name + " grows");
      }
    }
  }
  return all;
}

void print(std::ostream& out, const Result& result) {
  for (const std::string& line : result.machine) out << "- " << line << '\n';
  for (const Outcome& outcome : result.outcomes) {
    out << "- " << outcome.name << ": " << outcome.made_of << '\n';
  }
  out << "- " << result.when << ", " << number(static_cast<double>(result.lasted.count()) / 60, 1)
      << " minutes under load, --seed " << result.seed << "\n\n";
  print_counts(out, result);
  out << "Faults:\n\n";
  print_named(out, result, [](const Outcome& outcome) -> const Counts& { return outcome.faults; });
  out << "What relays said they retried after (lines in their logs):\n\n";
  print_named(out, result,
              [](const Outcome& outcome) -> const Counts& { return outcome.logged.retries; });
  print_samples(out, result);
}

}  // namespace headwater::soak
