// The answers of a Redis server, as hiredis reads them.
#pragma once

#include <hiredis.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>

namespace headwater::redis {

/// A part of an answer. Lives in the memory of its Answer.
struct ReplyNode {
  int type = REDIS_REPLY_NIL;
  std::int64_t integer = 0;
  std::string_view text{};
  const ReplyNode** elements = nullptr;
  std::size_t size = 0;
};

/// One answer, or a part of one. A view of an Answer's content.
class Reply {
 public:
  explicit Reply(const ReplyNode* node) : node_(node) {}

  /// The text of a string, a status or an error; otherwise empty.
  [[nodiscard]] std::string_view text() const {
    return node_ == nullptr ? std::string_view() : node_->text;
  }
  [[nodiscard]] std::int64_t integer() const { return node_ == nullptr ? 0 : node_->integer; }
  [[nodiscard]] bool nil() const { return node_ == nullptr || node_->type == REDIS_REPLY_NIL; }
  [[nodiscard]] bool failed() const { return node_ != nullptr && node_->type == REDIS_REPLY_ERROR; }
  /// The size of a list; otherwise 0.
  [[nodiscard]] std::size_t size() const { return node_ == nullptr ? 0 : node_->size; }
  /// An element of a list; empty text after its end.
  [[nodiscard]] Reply operator[](std::size_t at) const {
    return Reply(at < size() ? node_->elements[at] : nullptr);
  }
  /// The value of `name` in a list of names and values.
  [[nodiscard]] std::optional<Reply> find(std::string_view name) const;

 private:
  const ReplyNode* node_;
};

/// Owns a reply.
class Answer {
 public:
  using Memory = std::unique_ptr<std::pmr::monotonic_buffer_resource>;
  Answer(Memory memory, const ReplyNode* root) : memory_(std::move(memory)), root_(root) {}
  [[nodiscard]] Reply get() const { return Reply(root_); }

 private:
  Memory memory_;
  const ReplyNode* root_;
};

/// Makes answers of the bytes that come from the server. hiredis parses them; all parts of an answer
/// are in one piece of memory, because the entries of a stream have a great many.
class AnswerParser {
 public:
  AnswerParser();
  AnswerParser(AnswerParser&&) = default;
  AnswerParser& operator=(AnswerParser&&) = default;

  void feed(std::string_view bytes);
  struct Outcome {
    std::optional<Answer> answer{};   ///< None if it is not all there.
    const char* violation = nullptr;  ///< Of the protocol; the parser is of no use any more.
  };
  [[nodiscard]] Outcome next();

 private:
  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  Answer::Memory memory_;  // of the answer that is being parsed
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace headwater::redis
