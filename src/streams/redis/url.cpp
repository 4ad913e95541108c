#include <string_view>

#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {
namespace {

constexpr auto npos = std::string_view::npos;

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = whole_number<Number>(text);
  number = read.value_or(0);
  return read.has_value();
}

Error bad_url(const std::string& why) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "config.bad_value",
               .message = "the URL of Redis " + why,
               .next = "write it as redis://user:password@host:6379/0, or rediss:// for TLS"};
}

/// "host", "host:port", "[::1]:port".
Result<void> read_host(std::string_view text, Server& server) {
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == npos) return fail(bad_url("has a '[' without a ']'"));
    server.host = text.substr(1, end - 1);
    colon = end + 1 < text.size() ? end + 1 : npos;
    if (colon != npos && text[colon] != ':') return fail(bad_url("has no ':' before its port"));
  } else {
    server.host = text.substr(0, colon);
  }
  if (server.host.empty()) return fail(bad_url("does not name a host"));
  if (colon != npos && (!read_number(text.substr(colon + 1), server.port) || server.port == 0)) {
    return fail(bad_url("does not have a number from 1 to 65535 as its port"));
  }
  return {};
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
  // The last one, because a substituted password may contain any letter.
  if (const auto at = rest.rfind('@'); at != npos) {
    const auto login = rest.substr(0, at);
    const auto colon = login.find(':');
    server.user = with_percents_decoded(login.substr(0, colon));
    if (colon != npos) server.password = with_percents_decoded(login.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  if (const auto slash = rest.find('/'); slash != npos) {
    const auto database = rest.substr(slash + 1);
    if (!database.empty() && !read_number(database, server.database)) {
      return fail(bad_url("does not end with a database number after the host"));
    }
    rest = rest.substr(0, slash);
  }
  if (auto found = read_host(rest, server); !found) return failed(found);
  return server;
}

}  // namespace headwater::redis
