#include "src/streams/redis/connection.h"

#include <array>
#include <utility>

#include "src/streams/redis/errors.h"

namespace headwater::redis {
namespace {

constexpr std::size_t piece = std::size_t{64} << 10U;

/// A command as the protocol writes it.
class Request {
 public:
  explicit Request(std::span<const std::string_view> words) {
    std::vector<const char*> begins;
    std::vector<std::size_t> lengths;
    begins.reserve(words.size());
    lengths.reserve(words.size());
    for (const std::string_view word : words) {
      begins.push_back(word.data());
      lengths.push_back(word.size());
    }
    const int size = redisFormatSdsCommandArgv(&text_, static_cast<int>(words.size()),
                                               begins.data(), lengths.data());
    size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  ~Request() { redisFreeSdsCommand(text_); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  [[nodiscard]] std::string_view text() const { return {text_, size_}; }

 private:
  sds text_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

std::string_view Reply::text() const {
  return reply_ == nullptr || reply_->str == nullptr ? std::string_view()
                                                     : std::string_view(reply_->str, reply_->len);
}

std::size_t Reply::size() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
}

Reply Reply::operator[](std::size_t at) const {
  return Reply(at < size() ? reply_->element[at] : nullptr);
}

std::optional<Reply> Reply::find(std::string_view name) const {
  for (std::size_t at = 0; at + 1 < size(); at += 2) {
    if ((*this)[at].text() == name) return (*this)[at + 1];
  }
  return std::nullopt;
}

Connection::Connection(Transport transport, std::string server)
    : transport_(std::move(transport)), reader_(redisReaderCreate()), server_(std::move(server)) {}

Result<Connection> Connection::open(const Server& server) {
  auto transport = Transport::connect(server, usual_patience);
  if (!transport) return fail(std::move(transport.error()));
  Connection connection(*std::move(transport), server.name());
  if (auto done = connection.log_in(server); !done) return fail(std::move(done.error()));
  return connection;
}

Result<void> Connection::log_in(const Server& server) {
  std::vector<std::string_view> words{"AUTH"};
  if (!server.user.empty()) words.emplace_back(server.user);
  words.emplace_back(server.password);
  if (!server.user.empty() || !server.password.empty()) {
    if (auto done = call(words); !done) return fail(std::move(done.error()));
  }
  if (server.database == 0) return {};
  auto done = call({"SELECT", std::to_string(server.database)});
  if (!done) return fail(std::move(done.error()));
  return {};
}

Result<Answer> Connection::call(std::span<const std::string_view> words, Milliseconds patience) {
  if (auto sent = send(words); !sent) return fail(std::move(sent.error()));
  auto answer = receive(patience, -1);
  if (!answer) return fail(std::move(answer.error()));
  return *std::move(*answer);
}

Result<Answer> Connection::call(std::initializer_list<std::string_view> words,
                                Milliseconds patience) {
  return call(std::span(words.begin(), words.size()), patience);
}

Result<void> Connection::send(std::span<const std::string_view> words) {
  return transport_.send(Request(words).text(), usual_patience);
}

Result<std::optional<Answer>> Connection::receive(Milliseconds patience, int wake) {
  std::array<char, piece> buffer{};
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return fail(unavailable(server_, std::string("its answer: ") + reader_->errstr));
    }
    if (reply != nullptr) {
      Answer answer(reply);
      if (answer.get().failed()) return fail(refused(server_, answer.get().text()));
      return answer;
    }
    auto got = transport_.receive(buffer, patience, wake);
    if (!got) return fail(std::move(got.error()));
    if (*got == 0) return std::nullopt;
    redisReaderFeed(reader_.get(), buffer.data(), *got);
  }
}

}  // namespace headwater::redis
