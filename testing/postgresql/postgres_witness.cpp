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
  // The server shows what it has synced.
  shell.sure("SELECT pg_logical_emit_message(true, 'witness', '')");
  const auto messages = shell.sure(
      "SELECT encode(data, 'hex'), lsn FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, "
      "'proto_version', '1', 'publication_names', $2)",
      {name_, name_});
  for (const auto& message : messages) {
    read(bytes_from_hex(message[0]).value_or("?"), message[1]);
  }
  return ids_;
}

/// An UPDATE of the key is two changes, a TRUNCATE one for each table. In these tables an old key
/// only comes if it has changed, but an old row comes with every UPDATE.
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
      changes = message[5] == 'K' ? 2 : 1;
      break;
    case 'T':
      changes = number_at(message, 1, 4);
      break;
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
