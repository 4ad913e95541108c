// The command line: commands, their options, and what each command runs. Wraps CLI11, whose headers
// take seconds to compile: only command_line.cpp includes them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace headwater::cli {

/// An option or an argument of a command: a handle, valid as long as the CommandLine.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  /// What --help shows for the value.
  Option type_name(const std::string& name);
  Option required();
  /// `complaint` returns the error in a value, or an empty text.
  Option check(std::function<std::string(const std::string& value)> complaint);
  Option one_of(const std::vector<std::string>& values);
  Option range(std::int64_t least, std::int64_t most);
  /// Not together with another option of the same command.
  Option excludes(Option other);

 private:
  CLI::Option* option_;
};

/// One command, or the program itself: a handle, valid as long as the CommandLine. The variables
/// passed in must live until CommandLine::run() returns.
class Command {
 public:
  /// `chosen` gets the action of the command on the command line.
  Command(CLI::App& app, std::function<int()>& chosen) : app_(&app), chosen_(&chosen) {}

  Command add_command(const std::string& name, const std::string& help);
  /// A command that --help does not show.
  Command add_hidden_command(const std::string& name);
  /// Shown below the options in --help.
  Command footer(const std::string& text);
  /// Requires one of its own commands after it.
  Command require_command();
  /// Passes unknown options to the parent command.
  Command fallthrough();

  /// `names` as they are typed: "-f,--follow".
  Option flag(const std::string& names, bool& value, const std::string& help);
  Option option(const std::string& names, std::string& value, const std::string& help);
  Option option(const std::string& names, std::int64_t& value, const std::string& help);
  Option option(const std::string& names, std::optional<std::uint64_t>& value,
                const std::string& help);
  /// Each use of the option adds one value.
  Option option(const std::string& names, std::vector<std::string>& values,
                const std::string& help);
  /// A positional argument.
  Option argument(const std::string& name, std::string& value, const std::string& help);
  Option argument(const std::string& name, std::uint64_t& value, const std::string& help);
  /// One or more positional arguments; after `--`, all words.
  Option rest(const std::string& name, std::vector<std::string>& words, const std::string& help);

  /// Called once the words of this command are parsed, before any action.
  Command when_parsed(std::function<void()> callback);
  /// The command's action, which returns the exit code.
  Command action(std::function<int()> run);

 private:
  CLI::App* app_;
  std::function<int()>* chosen_;
};

/// One thread.
class CommandLine {
 public:
  /// `what` is the first line of --help; --version prints name and version.
  CommandLine(const std::string& name, const std::string& version, const std::string& what);
  ~CommandLine();

  /// The program itself, the parent of all commands.
  [[nodiscard]] Command program() { return Command(*app_, chosen_); }

  /// Parses the words, runs the action of the chosen command, and returns its exit code. Prints
  /// help and version on stdout, and errors in the words on stderr.
  int run(int argc, const char* const* argv);

 private:
  int wrong_usage(const char* message, int argc, const char* const* argv) const;

  std::unique_ptr<CLI::App> app_;
  std::function<int()> chosen_;
};

}  // namespace headwater::cli
