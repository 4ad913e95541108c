#include "src/cli/program.h"

#include <gmock/gmock.h>

#include "src/cli/fakes.h"
#include "src/cli/print.h"
#include "src/cli/progress.h"
#include "src/cli/test_rig.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Program, Version) {
  const auto outcome = headwater({"--version"});
  EXPECT_EQ(outcome.exit, Exit{});
  EXPECT_EQ(outcome.output, "headwater " HEADWATER_VERSION "\n");
  EXPECT_EQ(outcome.errors, "");
}

// A full disk, or a device that accepts nothing: the user would take silence for the result.
TEST(Program, ResultsThatCannotBeWrittenAreAnError) {
  const Site site;
  site.fill();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"init"}, {"check"}, {"check", "--json"}, {"verify"}, {"tail"}, {"position", "show"}}) {
    SCOPED_TRACE(words.front());
    rig::Command command = site.command(words);
    command.output = "/dev/full";
    rig::Process process(command);
    EXPECT_EQ(process.wait(), usage);
    EXPECT_EQ(process.errors(),
              "error: cannot write to standard output: No space left on device\n"
              "  next: redirect standard output to a place that can be written\n");
  }
  for (const char* const word : {"--version", "--help"}) {
    rig::Command command = site.command({"check"});
    command.words = {command.words.front(), word};
    command.output = "/dev/full";
    EXPECT_EQ(rig::Process(command).wait(), usage) << word;
  }
}

TEST(Program, HelpNamesCommandsAndExitCodes) {
  const auto outcome = headwater({"--help"});
  EXPECT_EQ(outcome.exit, Exit{});
  EXPECT_EQ(outcome.errors, "");
  for (const char* command : {"init", "run", "tail", "position", "verify", "check"}) {
    EXPECT_THAT(outcome.output, HasSubstr(std::string("\n  ") + command + " "));
  }
  EXPECT_THAT(outcome.output,
              HasSubstr("0 done; 1 verify found a difference, check, init or k8s lint a problem,\n"
                        "wait: not yet, status: not ready; 2 usage or configuration; 3 source; "
                        "4 stream;\n5 the database of a copy"));
}

TEST(Program, EveryCommandHasHelpWithAnExample) {
  const std::vector<std::vector<std::string>> commands{{"init"},
                                                       {"run"},
                                                       {"tail"},
                                                       {"position"},
                                                       {"position", "show"},
                                                       {"position", "set"},
                                                       {"position", "reset"},
                                                       {"verify"},
                                                       {"check"}};
  for (auto words : commands) {
    words.emplace_back("--help");
    const auto outcome = headwater(words);
    EXPECT_EQ(outcome.exit, Exit{}) << words[0];
    EXPECT_THAT(outcome.output, HasSubstr("Example")) << words[0];
    EXPECT_THAT(outcome.output, HasSubstr("headwater " + words[0] + " -c headwater.yaml"));
    EXPECT_EQ(outcome.errors, "") << words[0];
  }
}

TEST(Program, AWrongCommandLineIsUsage) {
  struct Wrong {
    std::vector<std::string> words;
    std::string errors;
  };
  const std::vector<Wrong> all{
      {{}, "next: headwater --help"},
      {{"inti"}, "did you mean 'init'?"},
      {{"frobnicate"},
       "there is no command 'frobnicate'; valid commands: init, run, tail, position, snapshot, "
       "verify, "
       "check"},
      {{"init"}, "--config is required\n  next: headwater init --help"},
      {{"init", "-c"}, "next: headwater init --help"},
      {{"run", "-c", "x.yaml", "--until-currant"}, "--until-currant"},
      {{"tail", "-c", "x.yaml", "--from", "yesterday"},
       "'yesterday' is neither earliest, latest nor a sequence number"},
      {{"tail", "-c", "x.yaml", "-n", "many"}, "many"},
      {{"position", "-c", "x.yaml"}, "next: headwater position --help"},
      {{"position", "-c", "x.yaml", "set"}, "next: headwater position set --help"},
      {{"run", "-c", "x.yaml", "--log", "xml"}, "xml"},
  };
  for (const Wrong& wrong : all) {
    const auto outcome = headwater(wrong.words);
    EXPECT_EQ(outcome.exit, usage) << wrong.errors;
    EXPECT_THAT(outcome.errors, StartsWith("error: "));
    EXPECT_THAT(outcome.errors, HasSubstr(wrong.errors));
    EXPECT_EQ(outcome.output, "");
  }
}

/// A table's name may have any characters.
TEST(Program, AFindingIsOneLine) {
  EXPECT_EQ(to_text({{.kind = Finding::Kind::ok, .what = "table a\nb\x1b[2J", .next = ""}}),
            "  ok       table a\\nb\\x1b[2J\n");
}

TEST(Program, APipelinePromisesTheLessOfWhatSourceAndStreamDo) {
  FakeFeed feed;
  FakeTails tails;
  const FakeSourceAdapter source(feed);
  const FakeStreamAdapter stream(tails);
  EXPECT_EQ(promise(source, stream), "exactly once");
  feed.ordering = Ordering::for_key;
  EXPECT_EQ(promise(source, stream), "exactly once, in order for each key");
  feed.ordering = Ordering::total;
  tails.ordering = Ordering::for_key;
  tails.exactly_once = false;
  EXPECT_EQ(promise(source, stream), "at least once, in order for each key");
}

TEST(Program, AProgressBar) {
  EXPECT_EQ(progress_bar(0, 10), "[                    ]   0 %");
  EXPECT_EQ(progress_bar(5, 10), "[##########          ]  50 %");
  EXPECT_EQ(progress_bar(999, 1000), "[################### ]  99 %");
  EXPECT_EQ(progress_bar(10, 10), "[####################] 100 %");
  EXPECT_EQ(progress_bar(12, 10), "[####################] 100 %");
  EXPECT_EQ(progress_bar(0, 0), "[####################] 100 %");
}

}  // namespace
}  // namespace headwater::cli
