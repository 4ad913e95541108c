// headwater status: asks running relays over HTTP how they are.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/grouped.h"
#include "src/base/one_line.h"
#include "src/base/shell_word.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/cli/status_text.h"
#include "src/config/config.h"
#include "src/http/request.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

constexpr Milliseconds longest_answer{5'000};

struct StatusWords {
  std::string file;
  std::vector<std::string> addresses;
  bool json = false;
};

Error no_address(const std::string& file) {
  return {
      .name = "usage.no_address",
      .message = file.empty() ? "which relay?" : file + " does not say where `run` can be asked",
      .next = file.empty()
                  ? "headwater status -c FILE, or headwater status --at 127.0.0.1:9090"
                  : "put metrics: 127.0.0.1:9090 at the top of " + file +
                        " and start `run` again; or name the address: headwater status --at "
                        "HOST:PORT"};
}

Error no_answer(Error error, const std::string& file) {
  error.remedy = Remedy::stop;
  error.origin = Origin::usage;
  error.next = "is it running? start it: headwater run -c " +
               (file.empty() ? "FILE" : shell_word(file)) +
               " --metrics HOST:PORT; its log names the address";
  return error;
}

Result<std::vector<std::string>> addresses_of(const StatusWords& words) {
  if (!words.addresses.empty()) return words.addresses;
  if (words.file.empty()) return fail(no_address(""));
  // Asking needs none of the file's secrets.
  auto metrics = config::metrics_address(words.file);
  if (!metrics) return failed(metrics);
  if (metrics->empty() || metrics->ends_with(":0")) return fail(no_address(words.file));
  return std::vector<std::string>{*std::move(metrics)};
}

/// The address to ask a server at that listens on all addresses.
std::string reachable(const std::string& address) {
  const std::string any = "0.0.0.0:";
  return address.starts_with(any) ? "127.0.0.1:" + address.substr(any.size()) : address;
}

Result<Json> ask(const std::string& address, const std::string& file) {
  auto answer = http::get(reachable(address), "/status", longest_answer);
  if (!answer) return fail(no_answer(std::move(answer.error()), file));
  auto json = Json::parse(answer->body);
  if (answer->status == 200 && json && (*json)["relays"].is_array()) return *std::move(json);
  return fail(no_answer({.name = "status.not_headwater",
                         .message = "what answers at " + address + " is not Headwater"},
                        file));
}

int run(const StatusWords& words, Program& program) {
  const Target target{.file = words.file, .relay = {}};
  auto addresses = addresses_of(words);
  if (!addresses) return end_with(addresses.error(), target, program.log);
  Json all = Json::array();
  std::string text;
  bool well = true;
  for (const std::string& address : *addresses) {
    auto status = ask(address, words.file);
    if (!status) {
      well = false;
      // The others may still answer.
      end_with(status.error(), target, program.log);
      continue;
    }
    well = well && is_ready(*status);
    status->set("address", address);
    text += status_text(*status, addresses->size() > 1);
    all.push_back(*std::move(status));
  }
  if (!print(words.json ? all.dump() + "\n" : text)) return end_unprinted(program.log);
  return well ? ExitCode::done : ExitCode::difference;
}

std::string bad_status_address(const std::string& address) {
  return config::is_listen_address(address)
             ? ""
             : "'" + address + "' is not an address such as 127.0.0.1:9090";
}

}  // namespace

void add_status(Command& app, Program& program) {
  auto words = std::make_shared<StatusWords>();
  Command command = app.add_command("status", "Show how running relays are");
  command.footer(
      "Asks `headwater run` at the file's `metrics` address, or at the given ones. Exit code 1: "
      "one\n"
      "does not answer, or is not ready.\n\n"
      "Examples: headwater status -c headwater.yaml\n"
      "          headwater status --at 10.0.0.7:9090 --at 10.0.0.8:9090");
  command.option("-c,--config", words->file, "The configuration file").type_name("FILE");
  command.option("--at", words->addresses, "The address of a process; may be repeated")
      .type_name("HOST:PORT")
      .check(bad_status_address);
  command.flag("--json", words->json, "Print a JSON array, with one object for each process");
  command.action([words, &program] { return run(*words, program); });
}

}  // namespace headwater::cli
