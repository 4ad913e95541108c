#include "src/cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <iostream>
#include <utility>

#include "src/base/nearest.h"
#include "src/cli/exit_code.h"

namespace headwater::cli {
namespace {

// An unknown word instead of a command, with the probable one.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-' || !app.get_subcommands().empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    const bool hidden = command->get_group().empty();
    if (!hidden) names.push_back(command->get_name());
  }
  return "there is no command '" + std::string(argv[1]) + "'" +
         suggestion(argv[1], names, "commands");
}

}  // namespace

Option Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option Option::required() {
  option_->required();
  return *this;
}

// Validators have no description, because --help would show it next to the type's name.
Option Option::check(std::function<std::string(const std::string& value)> complaint) {
  option_->check(CLI::Validator(std::move(complaint), ""));
  return *this;
}

Option Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values).description(""));
  return *this;
}

Option Option::range(std::int64_t least, std::int64_t most) {
  option_->check(CLI::Range(least, most).description(""));
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& help) {
  return Command(*app_->add_subcommand(name, help), *chosen_);
}

Command Command::add_hidden_command(const std::string& name) {
  return Command(*app_->add_subcommand(name, "")->group(""), *chosen_);
}

Command Command::footer(const std::string& text) {
  app_->footer(text);
  return *this;
}

Command Command::require_command() {
  app_->require_subcommand(1);
  return *this;
}

Command Command::fallthrough() {
  app_->fallthrough();
  return *this;
}

Option Command::flag(const std::string& names, bool& value, const std::string& help) {
  return Option(*app_->add_flag(names, value, help));
}

Option Command::option(const std::string& names, std::string& value, const std::string& help) {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, std::int64_t& value, const std::string& help) {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, std::optional<std::uint64_t>& value,
                       const std::string& help) {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, std::vector<std::string>& values,
                       const std::string& help) {
  return Option(*app_->add_option(names, values, help)->allow_extra_args(false));
}

Option Command::argument(const std::string& name, std::string& value, const std::string& help) {
  return Option(*app_->add_option(name, value, help));
}

Option Command::rest(const std::string& name, std::vector<std::string>& words,
                     const std::string& help) {
  return Option(
      *app_->add_option(name, words, help)->expected(1, CLI::detail::expected_max_vector_size));
}

Option Command::argument(const std::string& name, std::uint64_t& value, const std::string& help) {
  return Option(*app_->add_option(name, value, help));
}

Command Command::when_parsed(std::function<void()> callback) {
  app_->parse_complete_callback(std::move(callback));
  return *this;
}

Command Command::action(std::function<int()> run) {
  app_->callback([chosen = chosen_, run = std::move(run)] { *chosen = run; });
  return *this;
}

CommandLine::CommandLine(const std::string& name, const std::string& version,
                         const std::string& what)
    : app_(std::make_unique<CLI::App>(what, name)) {
  app_->set_version_flag("--version", name + " " + version, "Print the version");
  app_->set_help_flag("-h,--help", "Print this help");
  constexpr std::size_t left_column = 40;
  app_->get_formatter()->column_width(left_column);
}

CommandLine::~CommandLine() = default;

int CommandLine::run(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return wrong_usage(error.what(), argc, argv);
    const bool shown = app_->exit(error) == 0 && std::cout.flush();
    return shown ? ExitCode::done : ExitCode::usage;
  }
  return chosen_();
}

int CommandLine::wrong_usage(const char* message, int argc, const char* const* argv) const {
  const CLI::App* command = app_.get();
  std::string help = command->get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    help += " " + command->get_name();
  }
  const std::string text = unknown_command(*app_, argc, argv).value_or(message);
  std::fprintf(stderr, "error: %s\n  next: %s --help\n", text.c_str(), help.c_str());
  return ExitCode::usage;
}

}  // namespace headwater::cli
