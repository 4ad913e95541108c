#include "testing/postgresql/postgres_witness.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "src/base/hex.h"
#include "src/base/number_in.h"

namespace headwater::rig {
namespace {

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + size; ++i) {
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

std::uint64_t lsn_of(std::string_view text) {
  const auto slash = text.find('/');
  return whole_number(text.substr(0, slash), 16).value_or(0) << 32U |
         whole_number(text.substr(slash + 1), 16).value_or(0);
}

/// "0/16B3748".
std::string text_of(std::uint64_t lsn) {
  std::array<char, 2 * 8 + 2> text{};
  (void)std::snprintf(text.data(), text.size(), "%X/%X", static_cast<unsigned>(lsn >> 32U),
                      static_cast<unsigned>(lsn));
  return text.data();
}

/// The rest of a message.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t size) { return number_at(take(size), 0, size); }
  /// It ends with a zero byte.
  std::string_view text() {
    const std::string_view taken = take(rest_.find('\0'));
    take(1);
    return taken;
  }
  /// Each value with the letter that says what it is.
  std::vector<std::string_view> row() {
    std::vector<std::string_view> values;
    for (auto left = number(2); left > 0; --left) {
      const std::string_view begin = rest_;
      if (take(1) == "t") take(number(4));
      values.push_back(begin.substr(0, begin.size() - rest_.size()));
    }
    return values;
  }

 private:
  std::string_view rest_;
};

}  // namespace

PostgresWitness::PostgresWitness(const std::string& address, const std::string& name)
    : address_(address), name_(name) {
  PostgresShell(address_).sure("CREATE PUBLICATION " + name_ + " FOR ALL TABLES");
  make_slot();
}

void PostgresWitness::make_slot() {
  PostgresShell(address_).sure("SELECT pg_create_logical_replication_slot($1, 'pgoutput')",
                               {name_});
}

const std::vector<std::string>& PostgresWitness::ids() {
  PostgresShell shell(address_);
  // The server shows what it has synced, and syncs a transaction that has written something.
  shell.sure("SELECT pg_current_xact_id(), pg_logical_emit_message(false, 'witness', '')");
  const auto messages = shell.sure(
      "SELECT encode(data, 'hex'), lsn FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, "
      "'proto_version', '1', 'publication_names', $2, 'messages', 'true')",
      {name_, name_});
  for (const auto& message : messages) {
    read(bytes_from_hex(message[0]).value_or("?"), message[1]);
  }
  return ids_;
}

/// https://www.postgresql.org/docs/15/protocol-logicalrep-message-formats.html. An UPDATE of the key
/// is two changes, a TRUNCATE one for each table.
void PostgresWitness::read(std::string_view message, const std::string& lsn) {
  std::uint64_t changes = 0;
  switch (message[0]) {
    case 'B': {
      const std::uint64_t commit = number_at(message, 1, 8);
      transaction_ = timeline_of(commit) + ":" + text_of(commit);
      record_.clear();
      return;
    }
    case 'I':
    case 'D':
      changes = 1;
      break;
    case 'U':
      changes = changes_key(message) ? 2 : 1;
      break;
    case 'T':
      changes = number_at(message, 1, 4);
      break;
    case 'M':
      changes = message[1] == 1 ? 1 : 0;
      break;
    case 'R':
      learn(message);
      return;
    default:
      return;
  }
  for (; changes > 0; --changes) {
    ordinal_ = lsn == record_ ? ordinal_ + 1 : 0;
    record_ = lsn;
    std::string id = transaction_ + ":" + lsn + ":" + std::to_string(ordinal_);
    // After a crash the slot may give some again.
    if (seen_.insert(id).second) ids_.push_back(std::move(id));
  }
}

/// If the whole row is the replica identity, the message does not say which columns are the key.
void PostgresWitness::learn(std::string_view relation) {
  Bytes rest(relation.substr(1));
  const std::uint64_t oid = rest.number(4);
  (void)rest.text();
  (void)rest.text();
  const bool full = rest.take(1) == "f";
  PostgresRows primary;
  if (full) {
    primary = PostgresShell(address_).sure(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
        "AND attnum = ANY (indkey) WHERE indisprimary AND indrelid = $1::oid",
        {std::to_string(oid)});
  }
  std::vector<bool> key;
  for (auto columns = rest.number(2); columns > 0; --columns) {
    const bool marked = rest.number(1) == 1;
    const std::string name(rest.text());
    rest.take(4 + 4);
    const bool in_primary =
        std::ranges::any_of(primary, [&](const auto& row) { return row[0] == name; });
    key.push_back(primary.empty() ? marked : in_primary);
  }
  keys_[oid] = std::move(key);
}

/// A value that is not sent is the old one.
bool PostgresWitness::changes_key(std::string_view update) const {
  Bytes rest(update.substr(1));
  const auto& key = keys_.at(rest.number(4));
  if (rest.take(1) == "N") return false;
  const auto before = rest.row();
  rest.take(1);
  const auto after = rest.row();
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] && after[i] != "u" && before[i] != after[i]) return true;
  }
  return false;
}

std::string PostgresWitness::timeline_of(std::uint64_t lsn) const {
  const auto later = std::ranges::upper_bound(forks_, lsn);
  return std::to_string(1 + (later - forks_.begin()));
}

void PostgresWitness::go_back() {
  while (ids_.size() > kept_) {
    seen_.erase(ids_.back());
    ids_.pop_back();
  }
  learn_forks();
}

void PostgresWitness::follow(const std::string& address) {
  address_ = address;
  make_slot();
  learn_forks();
}

void PostgresWitness::learn_forks() {
  // "1 <tab> 0/16B3748 <tab> why"
  PostgresShell shell(address_);
  const auto forks = shell.sure(
      "SELECT split_part(line, E'\\t', 2) FROM regexp_split_to_table(pg_read_file('pg_wal/' || "
      "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '.history'), E'\\n') line "
      "WHERE line LIKE '%/%'");
  forks_.clear();
  for (const auto& fork : forks) forks_.push_back(lsn_of(fork[0]));
}

void PostgresWitness::restart() {
  (void)ids();
  ids_.clear();
}

}  // namespace headwater::rig
