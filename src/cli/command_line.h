// The command line: commands, their options, and what each command runs. A cover over CLI11, whose
// headers take seconds to compile: only command_line.cpp includes them.
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
  /// `complaint` returns what is wrong with a value, or an empty text.
  Option check(std::function<std::string(const std::string& value)> complaint);
  Option one_of(const std::vector<std::string>& values);
  Option range(std::int64_t least, std::int64_t most);

 private:
  CLI::Option* option_;
};

/// One command, or the program itself: a handle, valid as long as the CommandLine. The variables
/// handed in must live until CommandLine::run() returns.
class Command {
 public:
  /// `chosen` is where the action of the command on the command line goes.
  Command(CLI::App& app, std::function<int()>& chosen) : app_(&app), chosen_(&chosen) {}

  Command add_command(const std::string& name, const std::string& help);
  /// A command that --help does not show.
  Command add_hidden_command(const std::string& name);
  /// Shown below the options in --help.
  Command footer(const std::string& text);
  /// One of its own commands must follow.
  Command require_command();
  /// An option that this command does not know is its parent's.
  Command fallthrough();

  /// `names` as they are typed: "-f,--follow".
  Option flag(const std::string& names, bool& value, const std::string& help);
  Option option(const std::string& names, std::string& value, const std::string& help);
  Option option(const std::string& names, std::int64_t& value, const std::string& help);
  Option option(const std::string& names, std::optional<std::uint64_t>& value,
                const std::string& help);
  /// A word without a dash, taken by its place.
  Option argument(const std::string& name, std::string& value, const std::string& help);
  Option argument(const std::string& name, std::uint64_t& value, const std::string& help);

  /// Called once the words of this command are parsed, before any action.
  Command when_parsed(std::function<void()> callback);
  /// What the command does; returns the exit code.
  Command action(std::function<int()> run);

 private:
  CLI::App* app_;
  std::function<int()>* chosen_;
};

/// One thread.
class CommandLine {
 public:
  /// `what` heads the program's --help; --version prints name and version.
  CommandLine(const std::string& name, const std::string& version, const std::string& what);
  ~CommandLine();

  /// The program itself, which every command is added to.
  [[nodiscard]] Command program() { return Command(*app_, chosen_); }

  /// Parses the words, runs the action of the command chosen, and returns its exit code. Prints
  /// help and version on stdout, and what is wrong with the words on stderr.
  int run(int argc, const char* const* argv);

 private:
  int wrong_usage(const char* message, int argc, const char* const* argv) const;

  std::unique_ptr<CLI::App> app_;
  std::function<int()> chosen_;
};

}  // namespace headwater::cli
