#include "src/streams/shared/errors.h"

#include <utility>

namespace headwater::streams {

Error retry_later(std::string name, std::string message, std::string next) {
  return {.remedy = Remedy::retry,
          .origin = Origin::stream,
          .name = std::move(name),
          .message = std::move(message),
          .next = std::move(next)};
}

Error unavailable(std::string message, std::string next) {
  return retry_later("stream.unavailable", std::move(message), std::move(next));
}

Error hopeless(std::string name, std::string message, std::string next) {
  Error error = retry_later(std::move(name), std::move(message), std::move(next));
  error.remedy = Remedy::stop;
  return error;
}

Error conflict(std::string message) {
  Error error = retry_later("stream.conflict", std::move(message));
  error.remedy = Remedy::stand_by;
  return error;
}

Error conflict(const std::string& where, const std::string& relay, const Tail& found,
               const Tail& expected) {
  return conflict(where + ": another relay " + relay + " has appended: the tail is event " +
                  std::to_string(found.sequence) + ", expected was event " +
                  std::to_string(expected.sequence));
}

Error newer_version(const std::string& where, const std::string& version,
                    const std::string& known) {
  return hopeless(
      "stream.newer_version",
      where + " has version " + version + "; this program reads versions up to " + known,
      "use a newer headwater: headwater --version");
}

}  // namespace headwater::streams
