#include "src/sources/mongodb/feed/resume_token.h"

#include "src/base/number_in.h"
#include "src/sources/mongodb/bson/ext_json.h"

namespace headwater::mongodb {
namespace {

constexpr std::string_view data_field = "_data";

}  // namespace

ResumeToken token_of(const bson_iter_t& at) {
  ResumeToken token;
  bson_iter_t inside;
  if (!BSON_ITER_HOLDS_DOCUMENT(&at) || !bson_iter_recurse(&at, &inside)) return {};
  // Most tokens have none, and every event has a token.
  std::optional<Doc> more;
  while (bson_iter_next(&inside)) {
    if (bson_iter_key(&inside) != data_field) {
      if (!more) more.emplace();
      bson_append_iter(more->out(), nullptr, -1, &inside);
    } else if (BSON_ITER_HOLDS_UTF8(&inside)) {
      std::uint32_t length = 0;
      const char* text = bson_iter_utf8(&inside, &length);
      token.data.assign(text, length);
    }
  }
  if (token.empty() || !more) return token;
  if (!append_document(token.more, *more->get(), ExtendedJson::canonical)) return {};
  return token;
}

ResumeToken token_in(const bson_t* document, const char* dotted) {
  const auto at = find(document, dotted);
  return at ? token_of(*at) : ResumeToken{};
}

Doc document_of(const ResumeToken& token) {
  Doc document;
  document.add(data_field.data(), token.data);
  if (token.more.empty()) return document;
  if (const auto more = Doc::from_json(token.more)) document.add_all(*more);
  return document;
}

std::optional<ClusterTime> time_in(std::string_view data) {
  constexpr std::size_t digits = 8;
  if (data.size() < 2 + 2 * digits || !data.starts_with("82")) return std::nullopt;
  const auto seconds = whole_number<std::uint32_t>(data.substr(2, digits), 16);
  const auto increment = whole_number<std::uint32_t>(data.substr(2 + digits, digits), 16);
  if (!seconds || !increment) return std::nullopt;
  return ClusterTime{*seconds, *increment};
}

}  // namespace headwater::mongodb
