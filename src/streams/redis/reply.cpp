#include "src/streams/redis/reply.h"

#include <cstring>
#include <new>

namespace headwater::redis {
namespace {

// Most answers are smaller.
constexpr std::size_t first_piece = 1024;

std::pmr::monotonic_buffer_resource& memory_of(const redisReadTask* task) {
  return *static_cast<std::pmr::monotonic_buffer_resource*>(task->privdata);
}

/// Null if memory is exhausted, which hiredis makes an error of: a server may claim any size.
template <class Make>
void* made(Make make) noexcept {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

/// The memory is released as a whole, without destructors.
ReplyNode* add_node(const redisReadTask* task, const ReplyNode& content) {
  void* const place = memory_of(task).allocate(sizeof(ReplyNode), alignof(ReplyNode));
  auto* const node = new (place) ReplyNode(content);
  if (task->parent != nullptr) {
    static_cast<ReplyNode*>(task->parent->obj)->elements[task->idx] = node;
  }
  return node;
}

void* add_text(const redisReadTask* task, char* text, std::size_t size) noexcept {
  return made([&] {
    auto* const copy = static_cast<char*>(memory_of(task).allocate(size, 1));
    std::memcpy(copy, text, size);
    return add_node(task, {.type = task->type, .text = {copy, size}});
  });
}

/// Its elements are set before anybody sees it; not to touch them here leaves a size that is only
/// claimed without a page of memory.
void* add_list(const redisReadTask* task, int size) noexcept {
  return made([&] {
    const auto count = static_cast<std::size_t>(size);
    std::pmr::polymorphic_allocator<const ReplyNode*> allocator(&memory_of(task));
    const ReplyNode** const elements = allocator.allocate(count);
    return add_node(task, {.type = task->type, .elements = elements, .size = count});
  });
}

void* add_integer(const redisReadTask* task, long long integer) noexcept {
  return made([&] { return add_node(task, {.type = task->type, .integer = integer}); });
}

void* add_nil(const redisReadTask* task) noexcept {
  return made([&] { return add_node(task, {}); });
}

// hiredis does not change it, but wants it like this.
redisReplyObjectFunctions functions{.createString = add_text,
                                    .createArray = add_list,
                                    .createInteger = add_integer,
                                    .createNil = add_nil,
                                    .freeObject = [](void*) {}};

}  // namespace

std::optional<Reply> Reply::find(std::string_view name) const {
  for (std::size_t at = 0; at + 1 < size(); at += 2) {
    if ((*this)[at].text() == name) return (*this)[at + 1];
  }
  return std::nullopt;
}

AnswerParser::AnswerParser() : reader_(redisReaderCreateWithFunctions(&functions)) {}

void AnswerParser::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

AnswerParser::Outcome AnswerParser::next() {
  if (!memory_) memory_ = std::make_unique<std::pmr::monotonic_buffer_resource>(first_piece);
  reader_->privdata = memory_.get();
  void* root = nullptr;
  if (redisReaderGetReply(reader_.get(), &root) != REDIS_OK) {
    return {.violation = reader_->errstr};
  }
  if (root == nullptr) return {};
  return {.answer = Answer(std::move(memory_), static_cast<const ReplyNode*>(root))};
}

}  // namespace headwater::redis
