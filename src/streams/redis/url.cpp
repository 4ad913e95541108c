#include <charconv>
#include <string_view>

#include "src/streams/redis/redis.h"

namespace headwater::redis {
namespace {

constexpr auto npos = std::string_view::npos;

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

Error bad_url(const std::string& why) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "config.bad_value",
               .message = "the URL of Redis " + why,
               .next = "write it as redis://user:password@host:6379/0, or rediss:// for TLS"};
}

/// Text that is not percent-encoded is used unchanged.
std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char letter = 0;
    const auto code = text.substr(at, 3);
    if (code.size() == 3 && code.front() == '%' && read_number(code.substr(1), letter, 16)) {
      plain += static_cast<char>(letter);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
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
    server.user = decoded(login.substr(0, colon));
    if (colon != npos) server.password = decoded(login.substr(colon + 1));
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
