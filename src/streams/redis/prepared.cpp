#include "src/streams/redis/prepared.h"

#include <utility>
#include <vector>

#include "src/streams/redis/errors.h"
#include "src/streams/redis/keys.h"

namespace headwater::redis {
namespace {

std::string place(const Options& options) {
  return "Redis " + options.server.name() + ", key " + options.key;
}

Error not_prepared(const Options& options) {
  return hopeless("stream.not_prepared",
                  place(options) + ": never prepared, or emptied since: there is no hash " +
                      keys_of(options.key)->tails,
                  "headwater init -c FILE; if it was emptied, see docs/redis.md");
}

Error newer_version(const Options& options, std::string_view format) {
  return streams::newer_version(place(options), std::string(format), format_version);
}

/// `broken FORMAT LAST ID`: see scripts.h.
Error broken(const Options& options, Reply answer) {
  const auto format = answer[1].text();
  const std::string last(answer[2].text());
  const std::string id(answer[3].text());
  if (format.empty() && id == "0-0") return not_prepared(options);
  if (!format.empty() && format != format_version) return newer_version(options, format);
  return torn(options, last, id);
}

}  // namespace

Result<Connection> open_prepared(const Options& options) {
  auto connection = Connection::open(options.server);
  if (!connection) return connection;
  const auto found = connection->call({"HGET", keys_of(options.key)->tails, "format"});
  if (!found) return fail(found.error());
  const auto format = found->get().text();
  if (format.empty()) return fail(not_prepared(options));
  if (format != format_version) return fail(newer_version(options, format));
  return connection;
}

Error torn(const Options& options, const std::string& last, const std::string& id) {
  const std::string tails = keys_of(options.key)->tails;
  std::string message = place(options) + ": the stream ends at " + id;
  message += last.empty() ? ", and its tails, the hash " + tails + ", are gone"
                          : ", but according to " + tails + " at 0-" + last;
  const std::string look = last.empty()
                               ? "redis-cli XINFO STREAM " + options.key
                               : "redis-cli XRANGE " + options.key + " '(0-" + last + "' +";
  return hopeless("stream.torn", message + ": part of it was lost, or another program wrote to it",
                  "check the stream: " + look + "; see docs/redis.md, \"stream.torn\"");
}

Error torn_tail(const Options& options, const std::string& relay) {
  const std::string tails = keys_of(options.key)->tails;
  return hopeless("stream.torn",
                  place(options) + ": the tail of relay " + relay + " in " + tails +
                      " was changed by another program, or lost a field",
                  "check the stream: redis-cli HMGET '" + tails + "' sequence:" + relay +
                      " position:" + relay + " source:" + relay +
                      "; see docs/redis.md, \"stream.torn\"");
}

Result<Answer> run_script(Connection& connection, const Options& options, std::string_view script,
                          std::span<const std::string_view> more, int wake) {
  const Keys keys = *keys_of(options.key);
  std::vector<std::string_view> words{"EVAL", script, "3", keys.stream, keys.tails, keys.consumers};
  words.insert(words.end(), more.begin(), more.end());
  auto answer = connection.call(words, usual_patience, wake);
  if (!answer) return answer;
  if (answer->get()[0].text() == "broken") return fail(broken(options, answer->get()));
  return answer;
}

}  // namespace headwater::redis
