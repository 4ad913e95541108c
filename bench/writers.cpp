#include <array>
#include <optional>

#include "bench/follower.h"
#include "bench/measurements.h"

namespace headwater::bench {
namespace {

struct Amounts {
  std::int64_t singles;  ///< Single-row commits in one run.
  std::int64_t batches;  ///< Commits of batch_rows rows in one run.
};
constexpr std::int64_t batch_rows = 1000;

/// A writer with its own database, with or without Headwater.
class Writer {
 public:
  enum class Kind { bare, captured, relayed };

  static Result<Writer> make(const Options& options, Kind kind, const std::string& name) {
    auto site = Site::create(options, name);
    if (!site) return failed(site);
    if (auto done = site->create_table(); !done) return failed(done);
    Writer writer(std::move(*site));
    if (kind != Kind::bare) {
      if (auto done = writer.site_.init(); !done) return failed(done);
    }
    if (kind == Kind::relayed) {
      auto relay = writer.site_.run();
      if (!relay) return failed(relay);
      writer.relay_.emplace(std::move(*relay));
      auto follower = Follower::at_end_of(writer.site_.stream());
      if (!follower) return failed(follower);
      writer.follower_.emplace(std::move(*follower));
    }
    return writer;
  }

  /// The rows a second in `commits` commits of `rows` rows each. Then waits, without counting the time,
  /// until the relay has caught up, so that it does not slow down the next writer.
  Result<double> rate(std::int64_t commits, std::int64_t rows) {
    auto database = open_writer(site_.source());
    if (!database) return failed(database);
    auto load = Load::on(*database);
    if (!load) return failed(load);
    const SteadyTime start = now();
    for (std::int64_t i = 0; i < commits; ++i) {
      auto done = database->transaction("IMMEDIATE", [&]() -> Result<void> {
        for (std::int64_t row = 0; row < rows; ++row) {
          if (auto made = load->insert(++last_row_); !made) return made;
        }
        return {};
      });
      if (!done) return failed(done);
    }
    const double seconds = seconds_since(start);
    if (follower_) {
      auto arrivals = follower_->take(static_cast<std::size_t>(commits * rows));
      if (!arrivals) return failed(arrivals);
    }
    return static_cast<double>(commits * rows) / seconds;
  }

 private:
  explicit Writer(Site site) : site_(std::move(site)) {}

  Site site_;
  std::optional<Process> relay_;  // after site_, so that it ends before its files are deleted
  std::optional<Follower> follower_;
  std::int64_t last_row_ = 0;
};

using Rates = std::array<std::vector<double>, 3>;

/// Runs each writer once. Each round starts with a different one.
Result<void> round(std::vector<Writer>& writers, int number, std::int64_t commits,
                   std::int64_t rows, Rates& rates) {
  for (std::size_t i = 0; i < writers.size(); ++i) {
    const std::size_t which = (i + static_cast<std::size_t>(number)) % writers.size();
    auto rate = writers[which].rate(commits, rows);
    if (!rate) return failed(rate);
    rates.at(which).push_back(*rate);
  }
  return {};
}

void add_figures(std::vector<Figure>& figures, const std::string& what, const Rates& rates,
                 double least) {
  const Bound bound{Bound::Kind::at_least, least};
  figures.push_back({what + ", without Headwater", median(rates[0]), "rows/s", {}});
  figures.push_back({what + ", captured", median_ratio(rates[1], rates[0]), "x", bound});
  figures.push_back(
      {what + ", captured, relay running", median_ratio(rates[2], rates[0]), "x", bound});
}

}  // namespace

Result<Findings> measure_writers(const Options& options) {
  const Amounts amounts = options.quick ? Amounts{100, 5} : Amounts{300, 20};
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 3 : 25);
  std::vector<Writer> writers;
  constexpr std::array kinds{Writer::Kind::bare, Writer::Kind::captured, Writer::Kind::relayed};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto writer = Writer::make(options, kinds.at(i), "writer" + std::to_string(i));
    if (!writer) return failed(writer);
    writers.push_back(std::move(*writer));
  }
  Rates singles;
  Rates batches;
  for (int i = 0; i < runs; ++i) {
    progress("writers: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    if (auto done = round(writers, i, amounts.singles, 1, singles); !done) {
      return failed(done);
    }
    if (auto done = round(writers, i, amounts.batches, batch_rows, batches); !done) {
      return failed(done);
    }
  }
  std::vector<Figure> figures;
  add_figures(figures, "single-row commits", singles, 0.8);
  add_figures(figures, "commits of 1,000 rows", batches, 0.25);
  return Findings{"writers",
                  "a writer's own rate, WAL and synchronous=FULL, against the same without "
                  "Headwater; interleaved, " +
                      runs_text(runs),
                  std::move(figures)};
}

}  // namespace headwater::bench
