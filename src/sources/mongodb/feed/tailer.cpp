#include "src/sources/mongodb/feed/tailer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace headwater::mongodb {
namespace {

// For a server that lives, to let go of a cursor. One that does not is not waited for.
constexpr Milliseconds patience{2'000};

struct Question {
  std::int32_t count;
  Milliseconds wait;
};

}  // namespace

/// What the threads share; the last of them to end lets go of it.
struct Tailer::Line {
  explicit Line(std::shared_ptr<Pool> from)
      : pool(std::move(from)), connection(*pool), killer(*pool), watcher(*pool) {}

  void work(const std::stop_token& stop);
  void kill();

  const std::shared_ptr<Pool> pool;    // outlives the connections
  Connection connection;               // the worker's while something is asked, else the tailer's
  std::optional<ChangeStream> stream;  // the same
  Connection killer;                   // the killing thread's while there is one
  Connection watcher;                  // the tailer's

  std::mutex mutex;  // guards these:
  std::condition_variable_any changed;
  std::deque<Question> questions;
  std::deque<Answer<StreamBatch>> ready;
  bool busy = false;     // the worker waits for the server
  bool killing = false;  // the cursor is being ended
};

void Tailer::Line::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [this] { return !questions.empty(); })) {
    const Question question = questions.front();
    questions.pop_front();
    busy = true;
    lock.unlock();
    auto batch = stream->next(question.count, question.wait);
    lock.lock();
    busy = false;
    // After a failure there is no cursor to ask.
    if (!batch) questions.clear();
    ready.push_back(std::move(batch));
    changed.notify_all();
  }
}

/// Also wakes the worker's call. If it cannot be sent the server ends the cursor by itself.
void Tailer::Line::kill() {
  killer.turn_to(stream->server());
  (void)killer.send(stream->database(), stream->kill_command());
  const std::lock_guard lock(mutex);
  killing = false;
  changed.notify_all();
}

Tailer::Tailer(std::shared_ptr<Pool> pool, StreamRequest request)
    : pool_(std::move(pool)), request_(std::move(request)) {
  open_line();
}

Tailer::~Tailer() { end(); }

void Tailer::open_line() {
  line_ = std::make_shared<Line>(pool_);
  worker_ = std::jthread([line = line_](const std::stop_token& stop) { line->work(stop); });
}

bool Tailer::started() const { return line_->stream.has_value(); }

Answer<void> Tailer::start(const StartAt& start) {
  end();
  auto stream = ChangeStream::open(line_->connection, request_, start);
  if (!stream) return tl::unexpected(std::move(stream.error()));
  line_->stream = std::move(*stream);
  return {};
}

void Tailer::end() {
  if (!started()) return;
  {
    const std::lock_guard lock(line_->mutex);
    line_->questions.clear();
    line_->killing = true;
  }
  std::thread killer([line = line_] { line->kill(); });
  if (drop_all()) {
    killer.join();
  } else {
    killer.detach();
  }
}

/// What was asked for is forgotten, and the cursor with it. False: threads that do not come back
/// from a server that says nothing have been left with it.
bool Tailer::drop_all() {
  answers_ = asks_;
  std::unique_lock lock(line_->mutex);
  line_->questions.clear();
  const bool back =
      line_->changed.wait_for(lock, patience, [this] { return !line_->busy && !line_->killing; });
  if (back) {
    line_->ready.clear();
    line_->stream.reset();
    return true;
  }
  lock.unlock();
  worker_.request_stop();
  worker_.detach();
  open_line();
  return false;
}

void Tailer::ask(std::int32_t count, Milliseconds wait) {
  const std::lock_guard lock(line_->mutex);
  line_->questions.push_back({count, wait});
  ++asks_;
  line_->changed.notify_all();
}

std::optional<Answer<StreamBatch>> Tailer::answer(Milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(line_->mutex);
  const bool there = line_->changed.wait_for(lock, std::move(stop), wait,
                                             [this] { return !line_->ready.empty(); });
  if (!there) return std::nullopt;
  auto taken = std::move(line_->ready.front());
  line_->ready.pop_front();
  ++answers_;
  lock.unlock();
  if (!taken) drop_all();
  return taken;
}

bool Tailer::cut_off() { return started() && !line_->watcher.reaches(line_->stream->server()); }

}  // namespace headwater::mongodb
