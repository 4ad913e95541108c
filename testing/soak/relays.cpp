#include "testing/soak/relays.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "src/json/json.h"

namespace headwater::soak {
namespace {

namespace fs = std::filesystem;

/// A number of a file in /proc, which is after `name`; 0 if it is not there.
double number_after(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name);
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + 1 + name.size(), nullptr);
}

double entries(const std::string& folder) {
  std::error_code gone;
  return static_cast<double>(
      std::distance(fs::directory_iterator(folder, gone), fs::directory_iterator()));
}

/// The end of a log.
std::string last_lines(const std::string& log) {
  constexpr std::size_t enough = 3000;
  return log.substr(log.size() - std::min(log.size(), enough));
}

}  // namespace

Relays::Relays(const rig::Pipeline& pipeline) : pipeline_(pipeline), slots_(guest + 1) {
  for (std::size_t number = 0; number < slots_.size(); ++number) {
    Slot& slot = slots_[number];
    slot.samples.relay = "relay " + std::to_string(number + 1);
    slot.clock =
        std::make_unique<Clock>(pipeline.folder() / ("clock-" + std::to_string(number + 1)));
    if (number != guest) start(number);
  }
}

void Relays::start(std::size_t number) {
  Slot& slot = slots_.at(number);
  rig::Command command = pipeline_.headwater({"run"});
  auto words = slot.clock->prefix();
  words.insert(words.end(), command.words.begin(), command.words.end());
  command.words = std::move(words);
  slot.process = std::make_unique<rig::Process>(command);
}

void Relays::kill(std::size_t number) {
  slots_.at(number).process->kill();
  end(number);
}

void Relays::stop(std::size_t number) {
  Slot& slot = slots_.at(number);
  // Before it has started, a SIGTERM kills it.
  const bool started = slot.process->running() && rig::has_started(*slot.process);
  const auto exit = slot.process->terminate();
  if (exit != rig::Exit{} && trouble_.empty()) {
    trouble_ = slot.samples.relay +
               (started ? " did not end well when it was asked to" : " did not start") + ":\n" +
               last_lines(slot.process->errors());
  }
  end(number);
}

void Relays::stop_all() {
  for (std::size_t number = 0; number < slots_.size(); ++number) {
    if (slots_[number].process) stop(number);
  }
}

void Relays::end(std::size_t number) {
  Slot& slot = slots_.at(number);
  const std::string log = slot.process->errors();
  std::ofstream(pipeline_.folder() / ("relay-" + std::to_string(number + 1) + ".log"),
                std::ios::app)
      << log;
  read_log(log);
  slot.process.reset();
}

void Relays::read_log(const std::string& log) {
  std::istringstream lines(log);
  for (std::string text; std::getline(lines, text);) {
    const auto line = Json::parse(text);
    if (!line || !line->is_object()) continue;
    const std::string event((*line)["event"].text().value_or(""));
    if (event == "relay.taking_over") ++logged_.takeovers;
    if (event == "relay.stopped") {
      logged_.conflicts += (*line)["conflicts"].unsigned_integer().value_or(0);
    }
    if (event == "relay.retrying") {
      ++logged_.retries[std::string((*line)["error"].text().value_or("?"))];
    }
  }
}

void Relays::sample() {
  constexpr double kibibytes = 1024;
  for (std::size_t number = 0; number < lasting; ++number) {
    Slot& slot = slots_[number];
    const std::string folder = "/proc/" + std::to_string(slot.process->pid());
    const std::string memory = rig::contents(folder + "/smaps_rollup");
    if (memory.empty()) continue;
    slot.samples.resident_mib.push_back(number_after(memory, "Rss:") / kibibytes);
    slot.samples.proportional_mib.push_back(number_after(memory, "Pss:") / kibibytes);
    slot.samples.descriptors.push_back(entries(folder + "/fd"));
    slot.samples.threads.push_back(entries(folder + "/task"));
  }
}

const std::string& Relays::trouble() {
  for (Slot& slot : slots_) {
    if (!slot.process || !trouble_.empty() || slot.process->running()) continue;
    const rig::Exit exit = slot.process->wait().value_or(rig::Exit{});
    trouble_ = slot.samples.relay + " has ended, with code " + std::to_string(exit.code) +
               ", signal " + std::to_string(exit.signal) + ":\n" +
               last_lines(slot.process->errors());
  }
  return trouble_;
}

std::vector<Samples> Relays::samples() const {
  std::vector<Samples> all;
  for (std::size_t number = 0; number < lasting; ++number) all.push_back(slots_[number].samples);
  return all;
}

}  // namespace headwater::soak
