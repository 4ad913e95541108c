#include "src/sources/rethinkdb/feed/position.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_text.h"
#include "src/rethinkdb/compact_json.h"
#include "src/sources/shared/json_position.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::uint64_t format_version = 1;

std::vector<Word> words_in(MemberReader& members) {
  const std::string text = members.text("published");
  std::vector<Word> words;
  if (text.size() % word_size != 0 || !base64_decoded(text)) {
    members.reject("published", "not words of 16 letters");
    return words;
  }
  for (std::size_t at = 0; at < text.size(); at += word_size)
    words.push_back(text.substr(at, word_size));
  return words;
}

Walk walk_in(MemberReader members) {
  Walk walk{.id = members.text("id"), .done = members.unsigned_integer("done")};
  walk.again = members.has("again") && members.boolean("again");
  if (!members.has("after")) return walk;
  walk.after = members.text("after");
  if (end_of_compact_json(*walk.after, 0) != walk.after->size())
    members.reject("after", "not a key");
  return walk;
}

void append_walk(std::string& to, const Walk& walk) {
  to += R"(,"snapshot":{"done":)" + std::to_string(walk.done);
  append_json_member(to, "id", walk.id);
  if (walk.after) append_json_member(to, "after", *walk.after);
  if (walk.again) to += R"(,"again":true)";
  to += '}';
}

}  // namespace

Word word_for(std::string_view exact_key, std::uint64_t number) {
  const std::string text = std::to_string(number) + ' ' + std::string(exact_key);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  // A string's bytes are OpenSSL's bytes.
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::size_t used = word_size / 4 * 3;
  Word word;
  append_base64(word, {reinterpret_cast<const char*>(digest.data()), used});
  return word;
}

Position encode(const RethinkPosition& position) {
  std::string json = R"({"v":)" + std::to_string(format_version);
  append_json_member(json, "table", position.table);
  append_json_member(json, "journal", position.journal);
  json += R"(,"released":)" + std::to_string(position.released);
  json += R"(,"told":)" + std::to_string(position.told);
  json += R"(,"published":")";
  for (const Word& word : position.published) json += word;
  json += R"(","until":)" + std::to_string(position.until);
  if (position.skipped != 0) json += R"(,"skipped":)" + std::to_string(position.skipped);
  if (position.snapshot) append_walk(json, *position.snapshot);
  json += '}';
  return {std::move(json)};
}

Result<RethinkPosition> decode(const Position& position) {
  const sources::PositionWords words{
      .source = "RethinkDB",
      .next = "headwater position -c FILE, which shows the one in the stream"};
  return sources::read_json_position(position, words, [](MemberReader& members) {
    if (members.unsigned_integer("v") != format_version) members.reject("v", "of another version");
    RethinkPosition read{.table = members.text("table"),
                         .journal = members.text("journal"),
                         .released = members.unsigned_integer("released"),
                         .told = members.unsigned_integer("told"),
                         .published = words_in(members),
                         .until = members.unsigned_integer("until")};
    if (members.has("skipped")) read.skipped = members.unsigned_integer("skipped");
    if (members.has("snapshot")) read.snapshot = walk_in(members.object("snapshot"));
    return read;
  });
}

}  // namespace headwater::rethinkdb
