#include "src/pgoutput/decoder.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace headwater::pgoutput {
namespace {

Error bad_message(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_message",
          .message = "PostgreSQL sent a replication message that cannot be decoded: " + why,
          .next = "use PostgreSQL 14 or later, with a slot of the plugin pgoutput"};
}

/// Takes values off the front. After the first that is not there, all are zero or empty, and `ok()`
/// is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  void reject() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      reject();
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  /// Big-endian.
  template <class Number>
  Number number() {
    std::uint64_t value = 0;
    for (const char byte : bytes(sizeof(Number))) {
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    return static_cast<Number>(value);
  }
  char letter() { return static_cast<char>(number<std::uint8_t>()); }
  /// Up to a NUL.
  std::string_view text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) {
      reject();
      return {};
    }
    const std::string_view taken = bytes(end);
    (void)bytes(1);
    return taken;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

Field field_from(Reader& reader) {
  switch (reader.letter()) {
    case 'n':
      return {.kind = Field::Kind::null, .bytes = {}};
    case 'u':
      return {.kind = Field::Kind::unchanged, .bytes = {}};
    case 't':
      return {.kind = Field::Kind::text, .bytes = reader.bytes(reader.number<std::uint32_t>())};
    case 'b':
      return {.kind = Field::Kind::binary, .bytes = reader.bytes(reader.number<std::uint32_t>())};
    default:
      reader.reject();
      return {};
  }
}

Tuple tuple_from(Reader& reader) {
  const std::size_t count = reader.number<std::uint16_t>();
  Tuple tuple;
  // Each field takes at least one byte.
  tuple.reserve(std::min(count, reader.left()));
  for (std::size_t i = 0; i < count && reader.ok(); ++i) tuple.push_back(field_from(reader));
  return tuple;
}

Begin begin_from(Reader& reader) {
  Begin begin;
  begin.commit = reader.number<Lsn>();
  begin.time = reader.number<std::int64_t>();
  begin.xid = reader.number<std::uint32_t>();
  return begin;
}

Commit commit_from(Reader& reader) {
  Commit commit;
  if (reader.letter() != 0) reader.reject();  // No flags are defined.
  commit.commit = reader.number<Lsn>();
  commit.end = reader.number<Lsn>();
  commit.time = reader.number<std::int64_t>();
  return commit;
}

ReplicationOrigin origin_from(Reader& reader) {
  ReplicationOrigin origin;
  origin.commit = reader.number<Lsn>();
  origin.name = reader.text();
  return origin;
}

Identity identity_from(Reader& reader) {
  const char letter = reader.letter();
  switch (letter) {
    case 'd':
    case 'n':
    case 'f':
    case 'i':
      return Identity(letter);
    default:
      reader.reject();
      return {};
  }
}

Column column_from(Reader& reader) {
  Column column;
  column.in_identity = (reader.number<std::uint8_t>() & 1U) != 0;
  column.name = reader.text();
  column.type = reader.number<Oid>();
  column.modifier = reader.number<std::int32_t>();
  return column;
}

Relation relation_from(Reader& reader) {
  Relation relation;
  relation.id = reader.number<Oid>();
  relation.schema = reader.text();
  // The catalog's own schema is sent as an empty text.
  if (relation.schema.empty()) relation.schema = "pg_catalog";
  relation.name = reader.text();
  relation.identity = identity_from(reader);
  const std::size_t count = reader.number<std::uint16_t>();
  constexpr std::size_t smallest_column = 10;
  relation.columns.reserve(std::min(count, reader.left() / smallest_column));
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    relation.columns.push_back(column_from(reader));
  }
  return relation;
}

Type type_from(Reader& reader) {
  Type type;
  type.id = reader.number<Oid>();
  type.schema = reader.text();
  if (type.schema.empty()) type.schema = "pg_catalog";
  type.name = reader.text();
  return type;
}

Insert insert_from(Reader& reader) {
  Insert insert;
  insert.relation = reader.number<Oid>();
  if (reader.letter() != 'N') reader.reject();
  insert.row = tuple_from(reader);
  return insert;
}

Update update_from(Reader& reader) {
  Update update;
  update.relation = reader.number<Oid>();
  char next = reader.letter();
  if (next == 'K' || next == 'O') {
    update.what_is_old = next == 'K' ? Old::key : Old::row;
    update.old = tuple_from(reader);
    next = reader.letter();
  }
  if (next != 'N') reader.reject();
  update.row = tuple_from(reader);
  return update;
}

Delete delete_from(Reader& reader) {
  Delete remove;
  remove.relation = reader.number<Oid>();
  const char old = reader.letter();
  if (old != 'K' && old != 'O') reader.reject();
  remove.what_is_old = old == 'K' ? Old::key : Old::row;
  remove.old = tuple_from(reader);
  return remove;
}

Truncate truncate_from(Reader& reader) {
  Truncate truncate;
  const std::size_t count = reader.number<std::uint32_t>();
  const auto options = reader.number<std::uint8_t>();
  truncate.cascade = (options & 1U) != 0;
  truncate.restart_identity = (options & 2U) != 0;
  if (count > reader.left() / sizeof(Oid)) reader.reject();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    truncate.relations.push_back(reader.number<Oid>());
  }
  return truncate;
}

LogMessage log_message_from(Reader& reader) {
  LogMessage message;
  message.transactional = (reader.number<std::uint8_t>() & 1U) != 0;
  message.lsn = reader.number<Lsn>();
  message.prefix = reader.text();
  message.content = reader.bytes(reader.number<std::uint32_t>());
  return message;
}

/// A message of another kind is rejected.
Message message_from(char kind, Reader& reader) {
  switch (kind) {
    case 'B':
      return begin_from(reader);
    case 'C':
      return commit_from(reader);
    case 'O':
      return origin_from(reader);
    case 'R':
      return relation_from(reader);
    case 'Y':
      return type_from(reader);
    case 'I':
      return insert_from(reader);
    case 'U':
      return update_from(reader);
    case 'D':
      return delete_from(reader);
    case 'T':
      return truncate_from(reader);
    case 'M':
      return log_message_from(reader);
    default:
      reader.reject();
      return {};
  }
}

}  // namespace

Result<Message> decode(std::string_view bytes) {
  Reader reader(bytes);
  const char kind = reader.letter();
  Message message = message_from(kind, reader);
  if (reader.ok() && reader.left() == 0) return message;
  const std::string what = "message of kind " + std::to_string(static_cast<unsigned char>(kind)) +
                           ", " + std::to_string(bytes.size()) + " bytes";
  return fail(bad_message(reader.ok() ? what + ", goes on after its end" : what));
}

}  // namespace headwater::pgoutput
