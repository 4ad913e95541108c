// GET, PUT and DELETE /streams/R/consumers/NAME: a named consumer's place.
#pragma once

#include <cstdint>
#include <string>

#include "src/gateway/feed.h"
#include "src/serve/reply.h"

namespace headwater::gateway {

struct PlaceQuery {
  enum class Kind { look, move, forget };
  Kind kind = Kind::look;
  std::string consumer;
  std::uint64_t acknowledged = 0;  ///< To move to.
  bool with_body = true;
  bool keeps = false;
};

/// By the request's method and body: {"acknowledged":4711}.
Result<PlaceQuery> place_query(const serve::Request& request, std::string consumer);

class PlaceReply final : public serve::Reply {
 public:
  PlaceReply(Feed& feed, PlaceQuery query);
  Next go_on(serve::Outgoing& to, std::size_t room, SteadyTime now) override;

 private:
  std::string relay_;
  bool with_body_;
  bool keeps_;
  Asked<serve::Answer> asked_;
};

}  // namespace headwater::gateway
