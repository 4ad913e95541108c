#include "src/sources/rethinkdb/feed/page_reader.h"

#include <algorithm>
#include <utility>

namespace headwater::rethinkdb {

std::size_t PageReader::fitting() const {
  return std::max<std::size_t>(1, budget / std::max<std::size_t>(1, largest_));
}

Result<void> PageReader::begin(const Term& query, std::string primary_key,
                               const std::stop_token& stop) {
  primary_key_ = std::move(primary_key);
  count_ = 0;
  last_.reset();
  largest_yet_ = 0;
  proceed_ = false;
  auto sent = session_->send(query, stop);
  if (!sent) return failed(sent);
  token_ = *sent;
  return {};
}

Result<std::optional<std::vector<JournaledDocument>>> PageReader::next(
    Milliseconds longest, const std::stop_token& stop) {
  if (proceed_) {
    if (auto asked = session_->proceed(*token_, stop); !asked) return failed(asked);
    proceed_ = false;
  }
  auto reply = session_->receive(*token_, longest, stop);
  if (!reply) {
    token_.reset();
    if (reply.error().name == "source.answer_too_large" &&
        std::exchange(largest_, budget) < budget) {
      reply.error().remedy = Remedy::retry;
    }
    return failed(reply);
  }
  if (!*reply) return std::nullopt;
  proceed_ = (*reply)->partial();
  if (!proceed_) token_.reset();
  std::vector<JournaledDocument> documents;
  documents.reserve((*reply)->answer.results.size());
  for (const std::string_view json : (*reply)->answer.results) {
    auto document = take_apart(json, primary_key_);
    if (!document) return failed(document);
    largest_yet_ = std::max(largest_yet_, json.size());
    documents.push_back(*std::move(document));
  }
  count_ += documents.size();
  if (!documents.empty()) {
    last_ = IndexPlace{.first = documents.back().first_pending(), .key = documents.back().key};
  }
  if (!token_ && count_ > 0) largest_ = largest_yet_;
  return std::optional(std::move(documents));
}

}  // namespace headwater::rethinkdb
