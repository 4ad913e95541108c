#include "src/sources/mongodb/feed/position.h"

#include <array>
#include <charconv>
#include <utility>

#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"
#include "src/sources/shared/json_position.h"

namespace headwater::mongodb {
namespace {

constexpr int version = 1;

/// `member`: `,"name":`
void append_time(std::string& to, std::string_view member, ClusterTime time) {
  std::array<char, sizeof "[4294967295,4294967295]"> text{};
  char* const end = text.data() + text.size();
  char* at = text.data();
  *at++ = '[';
  at = std::to_chars(at, end, time.seconds).ptr;
  *at++ = ',';
  at = std::to_chars(at, end, time.increment).ptr;
  *at++ = ']';
  to += member;
  to.append(text.data(), at);
}

void append_token(std::string& to, const ResumeToken& token) {
  append_json_member(to, "token", token.data);
  if (token.more.empty()) return;
  to += R"(,"tokenMore":)";
  to += token.more;
}

/// The table's name in a place, since the first version.
constexpr std::string_view collection_word = "coll";
/// A key after all others of a collection: how a place records that it is whole.
constexpr std::string_view behind_all = R"({"_id":{"$maxKey":1}})";

void append_whole(std::string& to, sources::Place place) {
  place.snapshot->whole = false;
  place.snapshot->after = behind_all;
  sources::append_place(to, place, collection_word);
}

constexpr sources::PositionWords position_words{
    .source = "MongoDB",
    .next = "headwater position -c FILE set latest|earliest|time:SECONDS.INCREMENT"};

ClusterTime time_from(MemberReader& position, std::string_view name) {
  const Json& json = position[name];
  const auto seconds = json[0].unsigned_integer();
  const auto increment = json[1].unsigned_integer();
  if (json.elements().size() != 2 || !seconds || !increment ||
      !std::in_range<std::uint32_t>(*seconds) || !std::in_range<std::uint32_t>(*increment)) {
    position.reject(name, "not two whole numbers of 32 bits");
    return {};
  }
  return {static_cast<std::uint32_t>(*seconds), static_cast<std::uint32_t>(*increment)};
}

ResumeToken token_from(MemberReader& position) {
  ResumeToken token;
  if (position.has("token")) token.data = position.text("token");
  if (!position.has("tokenMore")) return token;
  const Json& more = position["tokenMore"];
  if (!more.is_object()) position.reject("tokenMore", "not an object");
  token.more = more.dump();
  return token;
}

MongoPosition position_from(MemberReader& json) {
  if (json["v"] != version) {
    json.reject("v", "version " + json["v"].dump() + ", which this program does not know");
  }
  MongoPosition position;
  position.source = json.text("source");
  position.fingerprint = json.text("pipeline");
  position.token = token_from(json);
  position.time = time_from(json, "time");
  if (json.has("witness")) position.witness = time_from(json, "witness");
  position.place = sources::place_from(json, collection_word);
  auto& snapshot = position.place.snapshot;
  if (snapshot && snapshot->after == behind_all) {
    snapshot->after.clear();
    snapshot->whole = true;
  }
  return position;
}

}  // namespace

Position encode(const MongoPosition& position) {
  return encode(head_of(position), position, position.place);
}

std::string head_of(const MongoPosition& position) {
  std::string head = "{\"v\":";
  append_json_integer(head, version);
  append_json_member(head, "source", position.source);
  append_json_member(head, "pipeline", position.fingerprint);
  return head;
}

Position encode(std::string_view head, const MongoPosition& position, const sources::Place& place) {
  std::string text;
  text.reserve(160 + head.size() + position.token.data.size() + position.token.more.size());
  text += head;
  append_time(text, R"(,"time":)", position.time);
  if (!position.token.empty()) append_token(text, position.token);
  if (!position.witness.null()) append_time(text, R"(,"witness":)", position.witness);
  if (place.snapshot && place.snapshot->whole) {
    append_whole(text, place);
  } else {
    sources::append_place(text, place, collection_word);
  }
  text += '}';
  return {std::move(text)};
}

Result<MongoPosition> decode(const Position& position) {
  return sources::read_json_position(position, position_words, position_from);
}

}  // namespace headwater::mongodb
