#include "testing/rig/shop.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <utility>

#include "testing/rig/shop_writer.h"

namespace headwater::rig {
namespace {

constexpr const char* tables = R"sql(
CREATE TABLE customers(
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT,
  balance REAL NOT NULL DEFAULT 0
);
CREATE TABLE orders(
  id INTEGER PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  customer INTEGER,
  status TEXT NOT NULL,
  total INTEGER NOT NULL,
  note BLOB
);
CREATE TABLE items(
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  sku TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
)sql";

/// Waits between transactions, or for the end if that comes first.
void pause(Milliseconds span, const std::stop_token& stop) {
  if (span <= Milliseconds(0)) return;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_for(lock, stop, span, [] { return false; });
}

void write(const std::string& path, const WriterOptions& options, const std::stop_token& stop,
           std::atomic<std::uint64_t>& all, Written& written) {
  const SystemClock clock;
  auto writer = ShopWriter::open(path, options.seed);
  if (!writer) {
    written.error = writer.error().message;
    return;
  }
  while (!stop.stop_requested() &&
         (options.transactions == 0 || written.transactions < options.transactions)) {
    const SteadyTime begin = clock.steady();
    auto done = writer->transaction(written.changes);
    if (!done) {
      written.error = done.error().name + ": " + done.error().message;
      return;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - begin);
    written.longest = std::max(written.longest, took);
    ++written.transactions;
    ++all;
    pause(options.pause, stop);
  }
}

}  // namespace

void make_shop(const std::string& path, Journal journal) {
  auto shop = sqlite::Database::open(path, sqlite::Open::create, Origin::usage);
  auto made = shop ? shop->execute(std::string("PRAGMA journal_mode=") +
                                   (journal == Journal::wal ? "WAL;" : "DELETE;") + tables)
                   : Result<void>(fail(std::move(shop.error())));
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().message.c_str());
    std::abort();
  }
}

Result<bool> submit_order(sqlite::Database& shop, const std::string& idempotency_key,
                          std::int64_t total) {
  auto insert = shop.prepare(
      "INSERT INTO orders(idempotency_key, status, total) VALUES (?, 'placed', ?)"
      " ON CONFLICT (idempotency_key) DO NOTHING");
  if (!insert) return fail(std::move(insert.error()));
  auto done = insert->bind_text(0, idempotency_key).bind(1, total).run();
  if (!done) return fail(std::move(done.error()));
  return shop.changes() == 1;
}

void add(Written& a, const Written& b) {
  a.transactions += b.transactions;
  for (const auto& [what, count] : b.changes) a.changes[what] += count;
  a.longest = std::max(a.longest, b.longest);
  if (a.error.empty()) a.error = b.error;
}

Writers::Writers(const std::string& path, int count, const WriterOptions& options)
    : done_(static_cast<std::size_t>(count)) {
  for (std::size_t i = 0; i < done_.size(); ++i) {
    WriterOptions own = options;
    own.seed = options.seed * 1000 + i;
    threads_.emplace_back([this, path, own, i](const std::stop_token& stop) {
      write(path, own, stop, transactions_, done_[i]);
    });
  }
}

Writers::~Writers() { finish(); }

Written Writers::finish() {
  for (auto& thread : threads_) thread.request_stop();
  return join();
}

Written Writers::join() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].join();
    add(sum_, done_[i]);
  }
  threads_.clear();
  return sum_;
}

}  // namespace headwater::rig
