#include "src/sources/mongodb/feed/tailer.h"

#include <utility>

namespace headwater::mongodb {

Tailer::Tailer(Pool& pool, StreamRequest request)
    : request_(std::move(request)),
      connection_(pool),
      killer_(pool),
      worker_([this](const std::stop_token& stop) { work(stop); }) {}

Tailer::~Tailer() { end(); }

void Tailer::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !questions_.empty(); })) {
    const Question question = questions_.front();
    questions_.pop_front();
    busy_ = true;
    lock.unlock();
    auto batch = stream_->next(question.count, question.wait);
    lock.lock();
    busy_ = false;
    // Behind a failure there is no cursor to ask.
    if (!batch) questions_.clear();
    ready_.push_back(std::move(batch));
    changed_.notify_all();
  }
}

Answer<void> Tailer::start(const StartAt& start) {
  end();
  auto stream = ChangeStream::open(connection_, request_, start);
  if (!stream) return tl::unexpected(std::move(stream.error()));
  stream_ = std::move(*stream);
  return {};
}

void Tailer::end() {
  if (!stream_) return;
  {
    const std::lock_guard lock(mutex_);
    questions_.clear();
  }
  // Also wakes the worker's call. If it cannot be sent the server ends the cursor by itself.
  (void)killer_.send(stream_->database(), stream_->kill_command());
  drop_all();
}

/// What was asked for is forgotten, and the cursor with it.
void Tailer::drop_all() {
  std::unique_lock lock(mutex_);
  questions_.clear();
  changed_.wait(lock, [this] { return !busy_; });
  ready_.clear();
  answers_ = asks_;
  stream_.reset();
}

void Tailer::ask(std::int32_t count, Milliseconds wait) {
  const std::lock_guard lock(mutex_);
  questions_.push_back({count, wait});
  ++asks_;
  changed_.notify_all();
}

std::optional<Answer<StreamBatch>> Tailer::answer(Milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const bool there =
      changed_.wait_for(lock, std::move(stop), wait, [this] { return !ready_.empty(); });
  if (!there) return std::nullopt;
  auto taken = std::move(ready_.front());
  ready_.pop_front();
  ++answers_;
  lock.unlock();
  if (!taken) drop_all();
  return taken;
}

}  // namespace headwater::mongodb
