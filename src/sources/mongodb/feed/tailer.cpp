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
  while (changed_.wait(lock, stop, [this] { return question_.has_value(); })) {
    const Question question = *std::exchange(question_, std::nullopt);
    lock.unlock();
    auto batch = stream_->next(question.count, question.wait);
    lock.lock();
    answer_ = std::move(batch);
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
  // Also wakes the worker's call. If it cannot be sent the server ends the cursor by itself.
  (void)killer_.send(stream_->database(), stream_->kill_command());
  if (asked_) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answer_.has_value(); });
    answer_.reset();
    asked_ = false;
  }
  stream_.reset();
}

void Tailer::ask(std::int32_t count, Milliseconds wait) {
  const std::lock_guard lock(mutex_);
  question_ = Question{count, wait};
  asked_ = true;
  ++asks_;
  changed_.notify_all();
}

std::optional<Answer<StreamBatch>> Tailer::answer(Milliseconds wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const bool there =
      changed_.wait_for(lock, std::move(stop), wait, [this] { return answer_.has_value(); });
  if (!there) return std::nullopt;
  auto taken = std::exchange(answer_, std::nullopt);
  lock.unlock();
  asked_ = false;
  if (!*taken) stream_.reset();
  return taken;
}

}  // namespace headwater::mongodb
