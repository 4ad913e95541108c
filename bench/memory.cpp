#include "bench/measurements.h"

namespace headwater::bench {
namespace {

constexpr Bound bound{Bound::Kind::below, 64};

Result<double> peak(const Options& options, const std::string& name, std::int64_t changes,
                    std::int64_t batch) {
  auto site = Site::create(options, name);
  if (!site) return failed(site);
  if (auto done = site->create_table(); !done) return failed(done);
  if (auto done = site->init(); !done) return failed(done);
  if (auto done = fill(site->source(), changes, batch); !done) return failed(done);
  progress("memory: the relay drains " + number(static_cast<double>(changes)) + " changes");
  auto ended = site->drain();
  if (!ended) return failed(ended);
  return ended->peak_mebibytes;
}

}  // namespace

Result<Findings> measure_memory(const Options& options) {
  const std::int64_t backlog = options.quick ? 200'000 : 5'000'000;
  const std::int64_t transaction = options.quick ? 50'000 : 1'000'000;
  auto with_backlog = peak(options, "memory-backlog", backlog, 10'000);
  if (!with_backlog) return failed(with_backlog);
  auto with_transaction = peak(options, "memory-transaction", transaction, transaction);
  if (!with_transaction) return failed(with_transaction);
  return Findings{"memory",
                  "peak resident memory of the relay, once each",
                  {{"backlog of " + number(static_cast<double>(backlog)) + " changes",
                    *with_backlog, "MiB", bound},
                   {"one transaction of " + number(static_cast<double>(transaction)),
                    *with_transaction, "MiB", bound}}};
}

}  // namespace headwater::bench
