#include "src/sources/mongodb/feed/watch.h"

#include <xxhash.h>

#include <utility>

#include "src/event/json_text.h"
#include "src/sources/mongodb/bson/ext_json.h"

namespace headwater::mongodb {
namespace {

Error bad_watch(std::string_view words, const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.bad_value",
          .message = "'watch' cannot be '" + std::string(words) + "': " + why,
          .next = "name a collection (shop.orders), a database (shop) or '*'"};
}

}  // namespace

std::string Watch::words() const {
  if (deployment()) return "*";
  return one_collection() ? database + "." + collection : database;
}

Result<Watch> parse_watch(std::string_view words) {
  if (words == "*") return Watch{};
  const std::size_t dot = words.find('.');
  Watch watch{.database = std::string(words.substr(0, dot)), .collection = {}};
  if (dot != std::string_view::npos) {
    watch.collection = words.substr(dot + 1);
    if (watch.collection.empty()) return fail(bad_watch(words, "no collection after the dot"));
  }
  // https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
  if (watch.database.empty() ||
      watch.database.find_first_of("/\\ \"$*<>:|?") != std::string::npos) {
    return fail(bad_watch(words, "that is not a name of a database"));
  }
  for (const char* own : {"admin", "local", "config"}) {
    if (watch.database == own) {
      return fail(bad_watch(words, "the server's own databases have no change streams"));
    }
  }
  if (watch.collection.starts_with("system.")) {
    return fail(bad_watch(words, "the server's own collections have no change streams"));
  }
  if (watch.collection == standby_collection) {
    return fail(bad_watch(words, "relays note there who leads, and it is never published"));
  }
  return watch;
}

std::string fingerprint(const Watch& watch, const std::vector<Doc>& pipeline) {
  std::string text = watch.words();
  for (const Doc& stage : pipeline) {
    text += '\n';
    // It came from JSON, so it can be written as such.
    (void)append_document(text, *stage.get(), ExtendedJson::canonical);
  }
  std::string result;
  append_hex(result, XXH3_64bits(text.data(), text.size()));
  return result;
}

}  // namespace headwater::mongodb
