#include <string_view>

#include "src/base/address.h"
#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {
namespace {

Error bad_url(const std::string& why) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "config.bad_value",
               .message = "the URL of Redis " + why,
               .next = "write it as redis://user:password@host:6379/0, or rediss:// for TLS"};
}

}  // namespace

std::string Server::name() const {
  const bool bare = host.find(':') == std::string::npos;
  std::string name = (bare ? host : "[" + host + "]") + ":" + std::to_string(port);
  if (database != 0) name += "/" + std::to_string(database);
  return name;
}

Result<Server> parse_url(const std::string& url) {
  Server server;
  std::string_view rest = url;
  if (rest.starts_with("rediss://")) {
    server.tls.emplace();
    rest.remove_prefix(9);
  } else if (rest.starts_with("redis://")) {
    rest.remove_prefix(8);
  } else {
    return fail(bad_url("begins with neither redis:// nor rediss://"));
  }
  const auto address = split_address(rest);
  if (!address) return fail(bad_url(address.error()));
  const auto colon = address->login.find(':');
  server.user = with_percents_decoded(address->login.substr(0, colon));
  if (colon != std::string_view::npos) {
    server.password = with_percents_decoded(address->login.substr(colon + 1));
  }
  server.host = address->host;
  server.port = address->port.value_or(server.port);
  if (address->path.empty()) return server;
  const auto database = whole_number<std::uint32_t>(address->path);
  if (!database) return fail(bad_url("does not end with a database number after the host"));
  server.database = *database;
  return server;
}

}  // namespace headwater::redis
