// Apart from the rest, so that only programs that read a configuration need its library.
#include <algorithm>
#include <string>
#include <utility>

#include "src/streams/nats/nats.h"
#include "src/streams/nats/subject.h"
#include "src/streams/nats/url.h"

namespace headwater {
namespace {

constexpr std::int64_t most_replicas = 5;

nats::Login login(config::Section& section) {
  nats::Login login{.user = section.text_or("user", ""),
                    .password = section.text_or("password", ""),
                    .token = section.text_or("token", ""),
                    .credentials = section.path_or_none("credentials")};
  const int kinds = static_cast<int>(!login.user.empty()) + static_cast<int>(!login.token.empty()) +
                    static_cast<int>(!login.credentials.empty());
  if (kinds > 1) section.complain("user", "is one of user, token and credentials; give only one");
  if (login.user.empty() && !login.password.empty()) section.complain("password", "needs a user");
  return login;
}

std::optional<nats::Tls> tls(config::Section& section, const std::vector<std::string>& urls) {
  const auto is_tls = [](const std::string& url) { return url.starts_with("tls://"); };
  const bool wanted = section.has("tls") || std::ranges::any_of(urls, is_tls);
  nats::Tls files = streams::read_tls(section);
  return wanted ? std::optional(std::move(files)) : std::nullopt;
}

/// Before an @, a comma belongs to a password.
bool is_several(const std::string& url) {
  return url.find(',', url.rfind('@') + 1) != std::string::npos ||
         url.find("://") != url.rfind("://");
}

/// Also what the bucket beside it may be called.
bool is_stream_name(const std::string& name) {
  return !name.empty() && name.size() <= 200 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

}  // namespace

Result<std::unique_ptr<StreamAdapter>> make_nats_stream(config::Section section,
                                                        const Clock& clock) {
  nats::Options options{.urls = section.addresses("url"), .login = login(section)};
  options.tls = tls(section, options.urls);
  if (std::ranges::any_of(options.urls, is_several)) {
    section.complain("url", "has several servers in one: make it a list, [ nats://a, nats://b ]");
  } else if (!std::ranges::all_of(options.urls, nats::is_url)) {
    section.complain("url",
                     "must be an address such as nats://127.0.0.1:4222, or tls://host:4222; with "
                     "user and password: nats://user:password@host:4222");
  }
  options.stream = section.text_or("stream", options.stream);
  options.subject = section.text_or("subject", options.subject);
  options.create = section.flag_or("create", true);
  options.replicas = static_cast<int>(section.integer_or("replicas", 1, 1, most_replicas));
  options.limits = section.choice_or("retention", {"none", "limits"}, 0) == 1;
  if (!is_stream_name(options.stream)) {
    section.complain("stream", "may have letters, digits, - and _ only");
  }
  if (!nats::Subjects::from(options.stream, options.subject)) {
    section.complain("subject",
                     "begins with a fixed word and a point, and may go on with {database}, "
                     "{table} and {key}: events.{database}.{table}.{key}");
  }
  if (auto ok = section.finish(); !ok) return failed(ok);
  return nats::make_stream(std::move(options), clock);
}

}  // namespace headwater
