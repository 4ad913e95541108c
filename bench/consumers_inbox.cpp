#include "bench/consumers_inbox.h"

#include <utility>

namespace headwater::bench {
namespace {

/// The events of a batch.
class Deliveries {
 public:
  explicit Deliveries(std::int64_t first) {
    for (std::int64_t i = 0; i < inbox_batch; ++i) {
      ids_.push_back(inbox_id + std::to_string(first + i));
    }
    for (std::int64_t i = 0; i < inbox_batch; ++i) {
      all_.push_back({.source = inbox_source,
                      .id = ids_[static_cast<std::size_t>(i)],
                      .sequence = static_cast<std::uint64_t>(first + i)});
    }
  }
  [[nodiscard]] std::span<const client::Delivery> all() const { return all_; }

 private:
  std::vector<std::string> ids_;
  std::vector<client::Delivery> all_;
};

struct Contestant {
  InboxSite& site;
  bool claims;
  std::int64_t next;  ///< The number of the next event.
  std::vector<double> seconds{};
};

Result<void> apply(Contestant& contestant, std::int64_t batches) {
  const SteadyTime start = now();
  for (std::int64_t i = 0; i < batches; ++i) {
    const Deliveries deliveries(contestant.next);
    contestant.next += inbox_batch;
    auto done = contestant.site.apply(deliveries.all(), contestant.next - 1, contestant.claims);
    if (!done) return done;
  }
  contestant.seconds.push_back(seconds_since(start));
  return {};
}

}  // namespace

Result<Findings> compare_inboxes(const Options& options, const std::string& kind,
                                 const std::string& database, InboxSite& empty, InboxSite& filled) {
  const std::int64_t batches = options.quick ? 4 : 400;
  const std::int64_t many = options.quick ? 10'000 : 10'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  progress("inbox: " + number(static_cast<double>(many)) + " ids");
  if (auto done = filled.remember(many); !done) return failed(done);
  Contestant without{.site = empty, .claims = false, .next = 1};
  Contestant with{.site = empty, .claims = true, .next = 1};
  Contestant with_many{.site = filled, .claims = true, .next = many + 1};
  for (int i = 0; i < runs; ++i) {
    progress("inbox: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    for (Contestant* const each : {&without, &with, &with_many}) {
      if (auto done = apply(*each, batches); !done) return failed(done);
    }
  }
  const auto count = static_cast<double>(batches * inbox_batch);
  return Findings{
      "consumers-inbox-" + kind,
      number(count) + " upserts into " + database + " in transactions of " +
          std::to_string(inbox_batch) + ", with an inbox and without; interleaved, " +
          runs_text(runs),
      {{"claimed and applied", count / median(with.seconds), "events/s", {}},
       {"with an inbox / without", median_ratio(without.seconds, with.seconds), "x",
        Bound{Bound::Kind::at_least, 0.8}},
       {"with " + number(static_cast<double>(many)) + " ids in it / with few",
        median_ratio(with.seconds, with_many.seconds), "x", Bound{Bound::Kind::at_least, 0.8}}}};
}

}  // namespace headwater::bench
