// headwater k8s manifest: prints YAML for the relays of a configuration file.
#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "src/cli/command_line.h"
#include "src/cli/configured.h"
#include "src/cli/exit_code.h"
#include "src/cli/print.h"
#include "src/cli/program.h"
#include "src/config/config.h"
#include "src/kubernetes/manifest.h"
#include "src/kubernetes/names.h"

namespace headwater::cli {
namespace {

/// Reads the file completely, as every command does, but without the variables and files that its
/// values refer to: those are in the cluster.
Result<config::Survey> read(const std::string& file, const Clock& clock) {
  auto survey = config::survey(file);
  if (!survey) return failed(survey);
  auto relays = configured_file(survey->configuration, {.file = file, .relay = {}}, clock);
  if (!relays) return failed(relays);
  return survey;
}

int run(const kubernetes::ManifestOptions& options, Program& program) {
  const Target target{.file = options.file, .relay = options.relay};
  auto survey = read(options.file, program.clock);
  if (!survey) return end_with(survey.error(), target, program.log);
  auto yaml = kubernetes::manifest(options, *survey);
  if (!yaml) return end_with(yaml.error(), target, program.log);
  return print(*yaml) ? static_cast<int>(ExitCode::done) : end_unprinted(program.log);
}

std::string bad_image(const std::string& image) {
  const bool fine = !image.empty() && std::ranges::all_of(image, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-._/:@").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return fine ? "" : "'" + image + "' is not an image, such as registry.example/headwater:1.2.3";
}

std::string bad_namespace(const std::string& name) {
  if (kubernetes::is_dns_label(name)) return "";
  return "'" + name + "' is not a namespace: at most 63 lower-case letters, digits and '-'";
}

}  // namespace

void add_k8s_manifest(Command& k8s, Program& program) {
  auto options = std::make_shared<kubernetes::ManifestOptions>(
      kubernetes::ManifestOptions{.file = {}, .image = "headwater:" HEADWATER_VERSION});
  Command command = k8s.add_command("manifest", "Print YAML that runs the relays of a file");
  command.footer(
      "Prints a ConfigMap with the file, and for each relay a Deployment (one replica, Recreate),\n"
      "ServiceAccount, Service, NetworkPolicy and ServiceMonitor. ${NAME} and ${file:PATH} come "
      "from\n"
      "a Secret, which a comment shows how to make; neither needs to exist here. Looks nothing "
      "up.\n\n"
      "Example: headwater k8s manifest -c headwater.yaml | kubectl apply -f -");
  command.option("-c,--config", options->file, "The configuration file")
      .type_name("FILE")
      .required();
  command.option("--relay", options->relay, "Only this relay of the file [all]").type_name("NAME");
  command
      .option("--image", options->image, "The image with headwater in it [" + options->image + "]")
      .type_name("IMAGE")
      .check(bad_image);
  command.option("--namespace", options->name_space, "The namespace of every object [kubectl's]")
      .type_name("NS")
      .check(bad_namespace);
  command.action([options, &program] { return run(*options, program); });
}

}  // namespace headwater::cli
