#include "testing/rig/pipeline.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace headwater::rig {
NetworkStream& StreamUnderTest::network() {
  std::fprintf(stderr, "this stream has no server: %s\n", configuration().c_str());
  std::abort();
}

bool has_started(const Process& relay) {
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

bool overtakes(const Process& relay, int before, const std::function<bool()>& progress,
               Milliseconds limit) {
  const bool takes_over =
      wait_until([&] { return times_logged(relay, "relay.taking_over") > before; }, limit);
  return takes_over && wait_until(progress, limit);
}

int conflicts_of(const Process& relay) {
  const std::string log = relay.errors();
  const std::string word = "\"conflicts\":";
  const auto at = log.rfind(word);
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + word.size());
}

Pipeline::Pipeline(const PipelineOptions& options)
    : source_(options.source(folder_, options.harm)) {
  configure(options);
}

void Pipeline::configure(const PipelineOptions& options) {
  stream_ = options.stream(folder_);
  relay_ = options.relay;
  configure_source(options.keys);
}

void Pipeline::configure_source(const std::string& keys) {
  write_file(config(), "relay: shop\n" + relay_ + "source:\n  " + source_->configuration(keys) +
                           "\nstream:\n  " + stream_->configuration() + "\n");
}

std::string Pipeline::init() const {
  source_->begin();
  return error_of(headwater({"init"}));
}

bool Pipeline::wait_until_caught_up() const { return wait_for_events(committed()); }

// Messages that only move the position may count in progress(), too.
bool Pipeline::wait_for_events(std::uint64_t count) const {
  return wait_until(
      [&] { return stream_->progress() >= count && stream_->events().size() >= count; });
}

Command Pipeline::headwater(std::vector<std::string> words) const {
  Command command{.words = {HEADWATER_PROGRAM}, .output = stream_->output()};
  if (words.front() != "run") command.output.clear();
  for (auto& word : words) command.words.push_back(std::move(word));
  // The JSON log has the names of errors.
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

std::string Pipeline::id_disagreement() const {
  std::vector<std::string> found;
  std::vector<std::string> read;
  std::unordered_set<std::string> known;
  std::size_t joined = 0;
  for (auto& event : stream_->events()) {
    // Repetitions are allowed only if the stream cannot compare.
    const bool fresh = known.insert(event.id).second;
    const bool of_snapshot = event.type.ends_with(".read");
    if (of_snapshot) joined = found.size();
    auto& ids = of_snapshot ? read : found;
    if (fresh || stream_->exactly_once()) ids.push_back(std::move(event.id));
  }
  std::string wrong = source_->read_difference(read);
  return wrong.empty() ? source_->difference(found, joined) : wrong;
}

std::string Pipeline::disagreement() const {
  std::string wrong = id_disagreement();
  return wrong.empty() && stream_->output().empty() ? verify() : wrong;
}

std::string Pipeline::tally_disagreement(const Tally& written) const {
  Tally seen;
  for (const auto& event : stream_->events()) {
    std::string what = event.type.substr(event.type.find('.') + 1);
    // The tables of databases with schemas are in this one.
    constexpr std::string_view schema = "public.";
    if (what.starts_with(schema)) what.erase(0, schema.size());
    ++seen[what];
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
