#include "src/sources/sqlite/feed/log_position.h"

#include <string_view>

#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/sources/shared/errors.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

constexpr std::string_view format = "sqlite:1:";
constexpr std::size_t hash_digits = 16;

tl::unexpected<HeldError> bad(const Position& position, std::string_view why) {
  return fail(sources::bad_position_error(
      position, "SQLite", why, "headwater position -c FILE show (or: set earliest, set latest)"));
}

/// Takes the next field off `rest`. Returns false at the end.
bool take(std::string_view& rest, std::string_view& field) {
  if (rest.data() == nullptr) return false;
  const auto colon = rest.find(':');
  field = rest.substr(0, colon);
  rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  return true;
}

bool parse_number(std::string_view text, std::int64_t& value) {
  value = whole_number<std::int64_t>(text).value_or(-1);
  return value >= 0;
}

bool parse_hash(std::string_view text, std::optional<std::uint64_t>& hash) {
  if (text == "-") return true;
  hash = whole_number(text, 16);
  return hash && text.size() == hash_digits;
}

bool parse_cursor(std::string_view text, TaskState& state) {
  constexpr std::string_view after = "after=";
  if (text == "done") return true;
  if (!text.starts_with(after)) return false;
  auto key = parse_key_text(text.substr(after.size()));
  if (!key) return false;
  state.cursor = std::move(*key);
  return true;
}

}  // namespace

PositionWriter::PositionWriter(std::string_view uuid) {
  prefix_.append(format).append(uuid).append(":");
  task({});
}

void PositionWriter::task(const TaskState& state) {
  suffix_ = ":";
  append_json_integer(suffix_, state.task);
  if (state.cursor.empty()) {
    suffix_ += ":done";
  } else {
    append_key_text(suffix_ += ":after=", state.cursor);
  }
}

Position PositionWriter::at(std::int64_t seq, std::optional<std::uint64_t> hash,
                            bool read_ahead) const {
  Position position;
  std::string& token = position.token;
  token.reserve(prefix_.size() + suffix_.size() + 42);
  token += prefix_;
  append_json_integer(token, seq);
  token += ':';
  if (hash) {
    append_hex(token, *hash);
  } else {
    token += '-';
  }
  token += suffix_;
  if (read_ahead) token += ":read";
  return position;
}

Position to_position(const LogPosition& position) {
  PositionWriter writer(position.uuid);
  writer.task(position.task);
  Position result = writer.at(position.seq, position.hash, position.read_ahead);
  if (position.lost) result.token += ":lost";
  return result;
}

Result<LogPosition> parse_position(const Position& position) {
  std::string_view rest = position.token;
  std::string_view field;
  if (!rest.starts_with("sqlite:")) return bad(position, "it does not begin with \"sqlite:\"");
  if (!rest.starts_with(format)) {
    return bad(position, "its version is not 1; a newer headwater may have written it");
  }
  rest.remove_prefix(format.size());

  LogPosition result;
  if (!take(rest, field) || field.empty()) return bad(position, "the database's uuid is missing");
  result.uuid = field;
  if (!take(rest, field) || !parse_number(field, result.seq)) {
    return bad(position, "the change number is missing");
  }
  if (!take(rest, field) || !parse_hash(field, result.hash)) {
    return bad(position, "the fingerprint is missing");
  }
  if (!take(rest, field) || !parse_number(field, result.task.task)) {
    return bad(position, "the snapshot task is missing");
  }
  if (!take(rest, field) || !parse_cursor(field, result.task)) {
    return bad(position, "the progress of the snapshot is missing");
  }
  bool more = take(rest, field);
  result.read_ahead = more && field == "read";
  if (result.read_ahead) more = take(rest, field);
  result.lost = more && field == "lost";
  if (result.lost) more = take(rest, field);
  if (more) return bad(position, "it ends with something unknown");
  return result;
}

}  // namespace headwater::sqlite
