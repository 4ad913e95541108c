// headwater k8s: manifests for Kubernetes.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "src/cli/command_line.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/kubernetes/findings.h"
#include "src/kubernetes/inputs.h"
#include "src/kubernetes/lint.h"

namespace headwater::cli {
namespace {

struct LintWords {
  std::vector<std::string> files;
  std::vector<std::string> relays;
  bool json = false;
  bool sarif = false;
};

int run_lint(const LintWords& words, Program& program) {
  const kubernetes::LintReport report =
      kubernetes::lint(kubernetes::read_inputs(words.files), words.relays);
  const std::string text = words.sarif  ? kubernetes::to_sarif(report, HEADWATER_VERSION)
                           : words.json ? kubernetes::to_json(report)
                                        : kubernetes::to_text(report);
  if (!print(text)) return end_unprinted(program.log);
  std::fprintf(stderr, "%s\n", kubernetes::summary(report).c_str());
  return report.findings.empty() ? ExitCode::done : ExitCode::difference;
}

void add_lint(Command& k8s, Program& program) {
  auto words = std::make_shared<LintWords>();
  Command command = k8s.add_command("lint", "Check that manifests run each relay safely");
  command.footer(
      "FILE is a manifest, a folder of them, or - for standard input: of helm, kustomize or\n"
      "kubectl. Exit code 1: something is wrong. docs/kubernetes.md explains the rules.\n\n"
      "Examples: headwater k8s lint deploy/\n"
      "          helm template CHART | headwater k8s lint -");
  command.option("--relay", words->relays, "Exactly these objects are relays; repeatable")
      .type_name("NAME");
  const Option json = command.flag("--json", words->json, "Print JSON");
  command.flag("--sarif", words->sarif, "Print SARIF 2.1.0, for code scanning").excludes(json);
  command.rest("FILE", words->files, "Files, folders, or -").required();
  command.action([words, &program] { return run_lint(*words, program); });
}

}  // namespace

void add_k8s(Command& app, Program& program) {
  Command k8s = app.add_command("k8s", "Work with Kubernetes manifests").require_command();
  add_lint(k8s, program);
  add_k8s_manifest(k8s, program);
}

}  // namespace headwater::cli
