#include "testing/rig/pipeline.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>
#include <unordered_set>
#include <utility>

namespace headwater::rig {
namespace {

constexpr Milliseconds lock_patience{60'000};

sqlite::Database open(const std::string& path, sqlite::Open mode) {
  auto database = sqlite::Database::open(path, mode, Origin::usage, lock_patience);
  if (!database) {
    std::fprintf(stderr, "%s\n", database.error().message.c_str());
    std::abort();
  }
  return std::move(*database);
}

std::string first_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& found) {
  for (std::size_t i = 0; i < expected.size() || i < found.size(); ++i) {
    const std::string& wanted = i < expected.size() ? expected[i] : "(nothing)";
    const std::string& got = i < found.size() ? found[i] : "(nothing)";
    if (wanted != got) {
      std::ostringstream words;
      words << "event " << i + 1 << " is " << got << ", should be " << wanted << "; "
            << found.size() << " in the stream, " << expected.size() << " in the log";
      return words.str();
    }
  }
  return "";
}

}  // namespace

NetworkStream& StreamUnderTest::network() {
  std::fprintf(stderr, "no server keeps this stream: %s\n", configuration().c_str());
  std::abort();
}

std::int64_t ask(const std::string& path, const std::string& sql) {
  auto database =
      sqlite::Database::open(path, sqlite::Open::read_only, Origin::usage, lock_patience);
  if (!database) return -1;
  return database->integer(sql).value_or(-1);
}

void tell(const std::string& path, const std::string& sql) {
  auto database = open(path, sqlite::Open::read_write);
  if (auto done = database.execute(sql); !done) {
    std::fprintf(stderr, "%s: %s\n", sql.c_str(), done.error().message.c_str());
    std::abort();
  }
}

bool has_begun(const Process& relay) {
  return wait_until([&] { return relay.errors().find("\"relay.begin\"") != std::string::npos; });
}

int times_logged(const Process& relay, const std::string& event) {
  const std::string log = relay.errors();
  const std::string word = "\"" + event + "\"";
  int count = 0;
  for (auto at = log.find(word); at != std::string::npos; at = log.find(word, at + 1)) ++count;
  return count;
}

bool leads(const Process& relay) {
  const std::string log = relay.errors();
  const auto led = log.rfind("\"relay.leading\"");
  const auto stood_by = log.rfind("\"relay.standing_by\"");
  return led != std::string::npos && (stood_by == std::string::npos || stood_by < led);
}

Process* leader_of(std::vector<Process>& relays) {
  const auto stands_by = [](const Process& relay) {
    return times_logged(relay, "relay.standing_by") > 0;
  };
  const auto settled = [&] {
    const auto led = std::ranges::count_if(relays, leads);
    const auto at_rest = std::ranges::count_if(
        relays, [&](const Process& relay) { return leads(relay) || stands_by(relay); });
    return led == 1 && static_cast<std::size_t>(at_rest) == relays.size();
  };
  if (!wait_until(settled)) return nullptr;
  const auto leader = std::ranges::find_if(relays, leads);
  return leader == relays.end() ? nullptr : &*leader;
}

bool overtakes(const Process& relay, int before, const std::function<bool()>& beyond,
               Milliseconds a_while) {
  const bool takes_over =
      wait_until([&] { return times_logged(relay, "relay.taking_over") > before; }, a_while);
  return takes_over && wait_until(beyond, a_while);
}

int conflicts_of(const Process& relay) {
  const std::string log = relay.errors();
  const std::string word = "\"conflicts\":";
  const auto at = log.rfind(word);
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + word.size());
}

void copy_database(const std::string& from, const std::string& to) {
  auto source = open(from, sqlite::Open::read_only);
  std::filesystem::remove(to);
  auto target = open(to, sqlite::Open::create);
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  int code = SQLITE_BUSY;
  while (backup != nullptr && (code == SQLITE_BUSY || code == SQLITE_LOCKED)) {
    code = sqlite3_backup_step(backup, -1);
  }
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) {
    std::fprintf(stderr, "copying %s: %s\n", from.c_str(), sqlite3_errstr(code));
    std::abort();
  }
}

void restore_database(const std::string& copy, const std::string& path) {
  std::filesystem::copy_file(copy, path + ".restored",
                             std::filesystem::copy_options::overwrite_existing);
  for (const std::string beside : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + beside);
  }
  std::filesystem::rename(path + ".restored", path);
}

Pipeline::Pipeline(const PipelineOptions& options) {
  make_shop(shop(), options.journal);
  configure(options);
}

void Pipeline::configure(const PipelineOptions& options) {
  stream_ = options.stream(folder_);
  write_file(config(), "relay: shop\n" + options.relay +
                           "source:\n  sqlite: { path: shop.db, tables: all" + options.source +
                           " }\nstream:\n  " + stream_->configuration() + "\n");
}

Command Pipeline::headwater(std::vector<std::string> words) const {
  Command command{.words = {HEADWATER_PROGRAM}, .output = stream_->output()};
  if (words.front() != "run") command.output.clear();
  for (auto& word : words) command.words.push_back(std::move(word));
  // As JSON, errors come with their names.
  command.words.insert(command.words.end(), {"-c", config(), "--log", "json"});
  return command;
}

Process Pipeline::faulty_relay(const std::string& fault, const std::string& step,
                               std::uint64_t passing) const {
  return Process({.words = {RELAY_UNDER_TEST, config(), fault, step, std::to_string(passing)},
                  .output = stream_->output()});
}

std::string Pipeline::error_of(const Command& command) {
  const Outcome outcome = run(command);
  if (outcome.exit == Exit{}) return "";
  return command.words[1] + " ended with code " + std::to_string(outcome.exit.code) + ", signal " +
         std::to_string(outcome.exit.signal) + ":\n" + outcome.output + outcome.errors;
}

// The newest row is never trimmed.
std::uint64_t Pipeline::committed() const {
  auto last = open(shop(), sqlite::Open::read_only).integer("SELECT max(seq) FROM _headwater_log");
  if (!last) {
    std::fprintf(stderr, "%s\n", last.error().message.c_str());
    std::abort();
  }
  return static_cast<std::uint64_t>(*last);
}

std::vector<std::string> Pipeline::log_ids() const {
  auto database = open(shop(), sqlite::Open::read_only);
  const std::string uuid =
      database.text("SELECT value FROM _headwater_meta WHERE key = 'uuid'").value_or("?");
  // Sequences have no holes, so the greatest says them all.
  const std::uint64_t last = committed();
  std::vector<std::string> ids;
  for (std::uint64_t seq = 1; seq <= last; ++seq) ids.push_back(uuid + ":" + std::to_string(seq));
  return ids;
}

void Pipeline::place_orders(int count) {
  orders_before_ = count;
  if (count == 0) return;
  tell(shop(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                   std::to_string(count) +
                   ") INSERT INTO orders SELECT i, 'before-' || i, NULL, 'placed', i, NULL FROM n");
}

std::string Pipeline::id_disagreement() const {
  std::vector<std::string> found;
  std::vector<std::string> read;
  std::unordered_set<std::string> known;
  for (auto& event : stream_->events()) {
    // A repetition is only forgiven where the stream cannot compare.
    const bool fresh = known.insert(event.id).second;
    auto& ids = event.type.ends_with(".read") ? read : found;
    if (fresh || stream_->exactly_once()) ids.push_back(std::move(event.id));
  }
  if (std::string wrong = read_disagreement(read); !wrong.empty()) return wrong;
  const auto held = ask(shop(), "SELECT max(seq) - min(seq) + 1 - count(*) FROM _headwater_log");
  if (held != 0) return "the change log has holes: " + std::to_string(held);
  return first_difference(log_ids(), found);
}

/// Which of the rows came in which order is the audit's business; here, each must have come once.
std::string Pipeline::read_disagreement(const std::vector<std::string>& read) const {
  std::set<std::string> expected;
  for (int order = 1; order <= orders_before_; ++order) {
    expected.insert("orders:i" + std::to_string(order));
  }
  for (const std::string& id : read) {
    // <uuid>:<at>:<shape>:<table>:<key>
    const auto table = id.rfind(':', id.rfind(':') - 1) + 1;
    if (expected.erase(id.substr(table)) == 0) return id + " was read twice, or is none of them";
  }
  return expected.empty() ? "" : *expected.begin() + " was there before, and never read";
}

std::string Pipeline::disagreement() const {
  std::string wrong = id_disagreement();
  if (!wrong.empty() || !stream_->output().empty()) return wrong;
  return error_of(headwater({"verify"}));
}

std::string Pipeline::tally_disagreement(const Tally& written) const {
  Tally seen;
  for (const auto& event : stream_->events()) {
    ++seen[event.type.substr(event.type.find('.') + 1)];
  }
  std::string wrong;
  Tally all = written;
  for (const auto& [what, count] : seen) all.try_emplace(what, 0);
  for (const auto& [what, count] : all) {
    if (seen[what] == count) continue;
    wrong += what + ": " + std::to_string(count) + " written, " + std::to_string(seen[what]) +
             " in the stream\n";
  }
  return wrong;
}

}  // namespace headwater::rig
