#include "src/sources/postgresql/feed/position.h"

#include <utility>

#include "src/event/json_text.h"
#include "src/json/json.h"
#include "src/json/member_reader.h"
#include "src/sources/shared/json_position.h"

namespace headwater::postgresql {
namespace {

constexpr int version = 1;

constexpr sources::PositionWords position_words{
    .source = "PostgreSQL", .next = "headwater position -c FILE set latest|earliest"};

Lsn lsn_member(MemberReader& members, std::string_view name) {
  const auto lsn = lsn_from(members.text(name));
  if (!lsn) members.reject(name, "not a place in the write-ahead log such as 0/16B3748");
  return lsn.value_or(0);
}

PgPosition position_from(MemberReader& json) {
  if (json["v"] != version) {
    json.reject("v", "version " + json["v"].dump() + ", which this program does not know");
  }
  PgPosition position;
  position.source = json.text("source");
  const std::uint64_t timeline = json.unsigned_integer("timeline");
  if (!std::in_range<Timeline>(timeline)) json.reject("timeline", "not a timeline");
  position.at.timeline = static_cast<Timeline>(timeline);
  position.at.lsn = lsn_member(json, "lsn");
  if (json.has("record")) {
    position.at.inside =
        Record{.lsn = lsn_member(json, "record"), .ordinal = json.unsigned_integer("ordinal")};
  }
  position.place = sources::place_from(json);
  return position;
}

}  // namespace

std::string head_of(std::string_view source) {
  std::string head = "{\"v\":";
  append_json_integer(head, version);
  append_json_member(head, "source", source);
  return head;
}

Position encode(std::string_view head, const Cursor& at, const sources::Place& place) {
  std::string text;
  text.reserve(160 + head.size());
  text += head;
  text += R"(,"timeline":)";
  append_json_integer(text, at.timeline);
  text += R"(,"lsn":")";
  append_text_of(text, at.lsn);
  text += '"';
  if (at.inside) {
    text += R"(,"record":")";
    append_text_of(text, at.inside->lsn);
    text += R"(","ordinal":)";
    text += std::to_string(at.inside->ordinal);
  }
  sources::append_place(text, place);
  text += '}';
  return {std::move(text)};
}

Position encode(const PgPosition& position) {
  return encode(head_of(position.source), position.at, position.place);
}

Result<PgPosition> decode(const Position& position) {
  return sources::read_json_position(position, position_words, position_from);
}

}  // namespace headwater::postgresql
