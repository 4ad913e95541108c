// headwater serve: the streams over HTTP.
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <utility>

#include "src/base/nearest.h"
#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/log.h"
#include "src/cli/program.h"
#include "src/cli/retry_lines.h"
#include "src/cli/signals.h"
#include "src/gateway/gateway.h"

namespace headwater::cli {
namespace {

/// Logs the errors of all streams, each now and then. Any thread.
class ServeLog {
 public:
  explicit ServeLog(Program& program) : program_(program) {}

  void note(const std::string& relay, const Error& error) {
    // As rarely as the retries of a relay.
    constexpr Milliseconds as_after_a_pause{5'000};
    const std::lock_guard lock(mutex_);
    if (!lines_[relay].due(error.name, as_after_a_pause, program_.clock.steady())) return;
    program_.log.write(LogLevel::warn, relay, "serve.retrying", error.message,
                       {{"error", error.name}});
  }

 private:
  Program& program_;
  std::mutex mutex_;
  std::map<std::string, RetryLines> lines_;
};

/// The names under which a token may have this relay: its own, and that of all parts.
Result<gateway::Rights> rights_of(const config::ServeToken& token,
                                  const std::vector<RelayName>& relays) {
  gateway::Rights rights{.relays = {}, .may_consume = token.may_consume};
  if (!token.relays) return rights;
  std::vector<std::string> known;
  known.reserve(relays.size());
  for (const RelayName& relay : relays) known.push_back(relay.name);
  rights.relays.emplace();
  for (const std::string& name : *token.relays) {
    bool found = false;
    for (const RelayName& relay : relays) {
      if (name != relay.name && name != relay.whole) continue;
      rights.relays->insert(relay.name);
      found = true;
    }
    if (found) continue;
    return fail({.name = "serve.unknown_relay",
                 .message = "serve.tokens names the relay '" + name +
                            "', which the file does not have" + suggestion(name, known, "names"),
                 .next = "correct the list, or write `relays: all`"});
  }
  return rights;
}

Result<std::vector<gateway::Access::Token>> tokens_of(const config::ServeConfig& config,
                                                      const std::vector<RelayName>& relays) {
  std::vector<gateway::Access::Token> tokens;
  for (const config::ServeToken& token : config.tokens) {
    auto rights = rights_of(token, relays);
    if (!rights) return failed(rights);
    tokens.push_back({.token = token.token, .rights = *std::move(rights)});
  }
  return tokens;
}

/// A stream that cannot be reached now may be later; one that can never be read is an error.
Result<void> check_readable(const ConfiguredRelay& relay, ServeLog& log) {
  auto reader = relay.stream->reader();
  if (reader) return {};
  if (reader.error().remedy != Remedy::retry) return failed(reader);
  log.note(relay.name, reader.error());
  return {};
}

Result<std::unique_ptr<gateway::Gateway>> start(const ConfiguredFile& file, ServeLog& log,
                                                const Clock& clock) {
  auto tokens = tokens_of(file.serve, file.names);
  if (!tokens) return failed(tokens);
  std::vector<gateway::ServedStream> streams;
  for (const ConfiguredRelay& relay : file.relays) {
    if (auto readable = check_readable(relay, log); !readable) return failed(readable);
    streams.push_back(
        {.relay = relay.name, .open = [stream = relay.stream.get()] { return stream->reader(); }});
  }
  gateway::GatewayOptions options{
      .listen = file.serve.listen,
      .certificate = file.serve.certificate,
      .key = file.serve.key,
      .tokens = *std::move(tokens),
      .clients = file.serve.clients,
      .client_buffer = file.serve.client_buffer,
      .note_error = [&log](const std::string& relay, const Error& error) {
        log.note(relay, error);
      }};
  return gateway::Gateway::listen(options, streams, clock);
}

void wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
}

int run(const Target& target, Program& program) {
  auto file = configured_file(target, program.clock);
  if (!file) return end_with(file.error(), target, program.log);
  const Signals signals(program.log);
  ServeLog log(program);
  auto gateway = start(*file, log, program.clock);
  if (!gateway) return end_with(gateway.error(), target, program.log);
  program.log.write(LogLevel::info, "", "serve.listening",
                    "streams at " + (*gateway)->address() + "/streams",
                    {{"port", (*gateway)->port()}, {"relays", file->relays.size()}});
  wait_for_stop(signals.stop());
  gateway->reset();
  program.log.write(LogLevel::info, "", "serve.stopped", "stopped");
  return ExitCode::done;
}

}  // namespace

void add_serve(Command& app, Program& program) {
  auto target = std::make_shared<Target>();
  Command command = app.add_command("serve", "Serve the streams over HTTP until stopped");
  command.footer(
      "Pages of events, live events (server-sent events), and the places of named consumers, for\n"
      "consumers that have no client of the stream. The section `serve` of the file says where,\n"
      "and which token may do what; without it, 127.0.0.1:8080 for everyone on this machine.\n\n"
      "Examples: headwater serve -c headwater.yaml\n"
      "          curl http://127.0.0.1:8080/streams\n"
      "          curl -N http://127.0.0.1:8080/streams/orders/live?from=earliest");
  add_target(command, *target, program);
  command.action([target, &program] { return run(*target, program); });
}

}  // namespace headwater::cli
