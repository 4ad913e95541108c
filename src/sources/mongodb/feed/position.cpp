#include "src/sources/mongodb/feed/position.h"

#include <array>
#include <charconv>
#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "src/event/json_text.h"

namespace headwater::mongodb {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), end.ptr);
}

void append_member(std::string& to, std::string_view name, std::string_view text) {
  to += ",\"";
  to += name;
  to += "\":";
  append_json_name(to, text);
}

void append_member(std::string& to, std::string_view name, ClusterTime time) {
  to += ",\"";
  to += name;
  to += "\":[";
  append_number(to, time.seconds);
  to += ',';
  append_number(to, time.increment);
  to += ']';
}

void append_token(std::string& to, const ResumeToken& token) {
  append_member(to, "token", token.data);
  if (token.more.empty()) return;
  to += R"(,"tokenMore":)";
  to += token.more;
}

void append_snapshot(std::string& to, const SnapshotPlace& place) {
  to += R"(,"snapshot":{"done":)";
  append_number(to, place.done);
  append_member(to, "db", place.database);
  append_member(to, "coll", place.collection);
  append_member(to, "after", place.after);
  if (place.all_changes) to += R"(,"all":true)";
  to += '}';
}

void append_transaction(std::string& to, const OpenTransaction& transaction) {
  to += R"(,"txn":{"count":)";
  append_number(to, transaction.count);
  append_member(to, "id", transaction.id);
  to += '}';
}

Error bad_position(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_position",
          .message = "That is no position of a MongoDB source: " + why,
          .next = "headwater position -c FILE set latest|earliest|time:SECONDS.INCREMENT"};
}

ClusterTime time_from(const Json& json) {
  if (json.size() != 2) throw std::invalid_argument("a time has two numbers");
  return {json.at(0).get<std::uint32_t>(), json.at(1).get<std::uint32_t>()};
}

MongoPosition position_from(const Json& json) {
  if (json.at("v").get<int>() != version) {
    throw std::invalid_argument("it is of version " + json.at("v").dump());
  }
  MongoPosition position;
  position.source = json.at("source").get<std::string>();
  position.fingerprint = json.at("pipeline").get<std::string>();
  position.token.data = json.value("token", "");
  if (const auto found = json.find("tokenMore"); found != json.end()) {
    if (!found->is_object()) throw std::invalid_argument("tokenMore is no object");
    position.token.more = found->dump();
  }
  position.time = time_from(json.at("time"));
  if (json.contains("witness")) position.witness = time_from(json.at("witness"));
  if (const auto found = json.find("snapshot"); found != json.end()) {
    position.snapshot = SnapshotPlace{.database = found->at("db").get<std::string>(),
                                      .collection = found->at("coll").get<std::string>(),
                                      .after = found->at("after").get<std::string>(),
                                      .done = found->at("done").get<std::uint64_t>(),
                                      .all_changes = found->value("all", false)};
  }
  if (const auto found = json.find("txn"); found != json.end()) {
    position.transaction = OpenTransaction{.id = found->at("id").get<std::string>(),
                                           .count = found->at("count").get<std::uint64_t>()};
  }
  return position;
}

}  // namespace

Position encode(const MongoPosition& position) {
  std::string text;
  text.reserve(160 + position.source.size() + position.token.data.size() +
               position.token.more.size());
  text += "{\"v\":";
  append_number(text, version);
  append_member(text, "source", position.source);
  append_member(text, "pipeline", position.fingerprint);
  append_member(text, "time", position.time);
  if (!position.token.empty()) append_token(text, position.token);
  if (!position.witness.null()) append_member(text, "witness", position.witness);
  if (position.snapshot) append_snapshot(text, *position.snapshot);
  if (position.transaction) append_transaction(text, *position.transaction);
  text += '}';
  return {std::move(text)};
}

Result<MongoPosition> decode(const Position& position) {
  // The library throws; it ends here.
  try {
    return position_from(Json::parse(position.token));
  } catch (const std::exception& error) {
    return fail(bad_position(error.what()));
  }
}

}  // namespace headwater::mongodb
