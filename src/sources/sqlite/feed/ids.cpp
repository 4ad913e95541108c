#include "src/sources/sqlite/feed/ids.h"

#include <xxhash.h>

#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {

std::string change_id(std::string_view uuid, std::int64_t seq) {
  const std::string number = std::to_string(seq);
  std::string id;
  id.reserve(uuid.size() + 1 + number.size());
  id.append(uuid).append(":").append(number);
  return id;
}

std::string read_id(std::string_view uuid, std::int64_t at, std::int64_t shape,
                    std::optional<std::int64_t> task, std::string_view table,
                    std::span<const Value> key) {
  std::string id = change_id(uuid, at);
  id.append(":").append(std::to_string(shape));
  if (task) id.append("+").append(std::to_string(*task));
  id += ':';
  append_percent_encoded(id, table);
  id += ':';
  id += short_key(key_text(key));
  return id;
}

std::string gap_id(std::string_view uuid, std::string_view relay, const Position& lost) {
  std::string bytes(relay);
  bytes.append(1, '\0').append(lost.token);
  std::string id(uuid);
  id += ":gap:";
  append_hex(id, XXH3_64bits(bytes.data(), bytes.size()));
  return id;
}

std::optional<ParsedId> parse_id(std::string_view id, std::string_view uuid) {
  if (!id.starts_with(uuid) || id.substr(uuid.size()).substr(0, 1) != ":") return std::nullopt;
  id.remove_prefix(uuid.size() + 1);
  const auto seq = take_number<std::int64_t>(id);
  if (!seq || *seq < 0 || !(id.empty() || id.starts_with(':'))) return std::nullopt;
  return ParsedId{.seq = *seq, .read = !id.empty()};
}

}  // namespace headwater::sqlite
