#include "testing/mongodb_disasters/pipeline.h"

#include <utility>

namespace headwater::rig {

std::int64_t count_of(const MongoPipeline& pipeline, const std::string& type) {
  return ask(pipeline.events_file(), "SELECT count(*) FROM event WHERE type LIKE '" + type + "'");
}

MongoPipeline::MongoPipeline(MongoKind kind, std::string uri, MongoPipelineOptions options)
    : kind_(kind), uri_(std::move(uri)) {
  MongoShell(uri_).create(orders, options.images);
  configure(std::move(options));
}

void MongoPipeline::configure(MongoPipelineOptions options) {
  watch_ = options.watch;
  stream_ = options.stream(folder_);
  std::string keys = "uri: \"" + (options.uri.empty() ? uri_ : options.uri) + "\", watch: \"" +
                     options.watch + "\"";
  // It cannot be asked for a replica set's id (replSetGetConfig).
  if (kind_ == MongoKind::secantus) keys += ", identity: \"mongodb:test\"";
  write_file(config(), "relay: shop\n" + options.relay + "source:\n  mongodb: { " + keys +
                           options.source + " }\nstream:\n  " + stream_->configuration() + "\n");
}

Command MongoPipeline::headwater(std::vector<std::string> words) const {
  Command command{.words = {HEADWATER_PROGRAM}};
  for (auto& word : words) command.words.push_back(std::move(word));
  // As JSON, errors come with their names.
  command.words.insert(command.words.end(), {"-c", config(), "--log", "json"});
  return command;
}

Process MongoPipeline::faulty_relay(const std::string& fault, const std::string& step,
                                    std::uint64_t passing) const {
  return Process({.words = {RELAY_UNDER_TEST, config(), fault, step, std::to_string(passing)}});
}

std::string MongoPipeline::error_of(const Command& command) {
  const Outcome outcome = run(command);
  if (outcome.exit == Exit{}) return "";
  return command.words[1] + " ended with code " + std::to_string(outcome.exit.code) + ", signal " +
         std::to_string(outcome.exit.signal) + ":\n" + outcome.output + outcome.errors;
}

std::string MongoPipeline::init() {
  begin_witness();
  return error_of(headwater({"init"}));
}

void MongoPipeline::begin_witness() {
  ClusterTime start = MongoShell(uri_).time();
  // Starting at a time includes the changes of that time.
  ++start.increment;
  begin_witness(start);
}

const std::vector<std::string>& MongoPipeline::change_ids() {
  const std::string mark = "mark " + std::to_string(++marks_);
  MongoShell(uri_).insert(orders, std::move(Doc().add("_id", mark)));
  witness_->read_to(mark);
  return witness_->ids();
}

bool MongoPipeline::wait_until_caught_up() {
  const std::size_t all = change_ids().size();
  return wait_until([&] { return progress() >= all; });
}

std::string MongoPipeline::disagreement() {
  const auto& expected = change_ids();
  if (std::string wrong = catch_up(); !wrong.empty()) return wrong;
  std::vector<std::string> found;
  for (auto& event : stream_->events()) found.push_back(std::move(event.id));
  std::string wrong = first_difference(expected, found);
  return wrong.empty() ? verify() : wrong;
}

std::string MongoPipeline::tally_disagreement(const Tally& written) const {
  Tally seen;
  for (const auto& event : stream_->events()) ++seen[event.type.substr(event.type.find('.') + 1)];
  Tally all = written;
  all["orders.insert"] += static_cast<std::uint64_t>(marks_);
  // What is not watched is in no stream.
  if (watch_ == orders) {
    std::erase_if(all, [](const auto& count) { return !count.first.starts_with("orders."); });
  }
  for (const auto& [what, count] : seen) all.try_emplace(what, 0);
  std::string wrong;
  for (const auto& [what, count] : all) {
    if (seen[what] == count) continue;
    wrong += what + ": " + std::to_string(count) + " written, " + std::to_string(seen[what]) +
             " in the stream\n";
  }
  return wrong;
}

}  // namespace headwater::rig
