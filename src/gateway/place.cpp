#include "src/gateway/place.h"

#include <utility>

#include "src/base/consumer_name.h"
#include "src/gateway/errors.h"
#include "src/json/json.h"

namespace headwater::gateway {
namespace {

Result<serve::Answer> answer_to(StreamReader& reader, const PlaceQuery& query) {
  if (query.kind == PlaceQuery::Kind::forget) {
    auto forgotten = reader.forget(query.consumer);
    if (!forgotten) return failed(forgotten);
    return serve::Answer{.status = 204};
  }
  if (query.kind == PlaceQuery::Kind::move) {
    auto moved = reader.acknowledge(query.consumer, query.acknowledged);
    if (!moved) return failed(moved);
  }
  auto place = reader.acknowledged(query.consumer);
  if (!place) return failed(place);
  const Json json{{"consumer", query.consumer}, {"acknowledged", place->value_or(0)}};
  return serve::Answer{.status = 200, .type = "application/json", .body = json.dump() + "\n"};
}

}  // namespace

Result<PlaceQuery> place_query(const serve::Request& request, std::string consumer) {
  if (!is_consumer_name(consumer)) {
    return fail(bad_request("this is not a consumer's name", "give a name of 1 to 200 bytes"));
  }
  PlaceQuery query{.consumer = std::move(consumer), .with_body = request.method != "HEAD"};
  if (request.method == "DELETE") query.kind = PlaceQuery::Kind::forget;
  if (request.method != "PUT") return query;
  query.kind = PlaceQuery::Kind::move;
  const auto json = Json::parse(request.body);
  const auto place = json ? (*json)["acknowledged"].unsigned_integer() : std::nullopt;
  if (!place || json->size() != 1) {
    return fail(
        bad_request("the body is not a consumer's place",
                    R"(send JSON with the last sequence it is done with: {"acknowledged":4711})"));
  }
  query.acknowledged = *place;
  return query;
}

PlaceReply::PlaceReply(Feed& feed, PlaceQuery query)
    : relay_(feed.relay()), with_body_(query.with_body), keeps_(query.keeps) {
  const Bound bound{.to_stream = query.kind == PlaceQuery::Kind::move};
  asked_ = feed.ask<serve::Answer>(
      bound, [query = std::move(query)](StreamReader& reader, const std::stop_token& /*stop*/) {
        return answer_to(reader, query);
      });
}

serve::Reply::Next PlaceReply::go_on(serve::Outgoing& to, std::size_t /*room*/,
                                     SteadyTime /*now*/) {
  auto answer = asked_.take();
  if (!answer) return Next::waits;
  if (!*answer) {
    to.add(to_bytes(error_answer(for_client(answer->error(), relay_)), with_body_, keeps_));
  } else {
    to.add(to_bytes(**answer, with_body_, keeps_));
  }
  return Next::ends;
}

}  // namespace headwater::gateway
