#include "src/kubernetes/containers.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>

#include "src/base/nearest.h"
#include "src/kubernetes/path.h"

namespace headwater::kubernetes {
namespace {

constexpr std::string_view program = "headwater";

/// "registry:5000/team/headwater:0.1@sha256:…" is "headwater".
std::string_view image_name(std::string_view image) {
  image = image.substr(0, image.find('@'));
  if (const auto slash = image.rfind('/'); slash != std::string_view::npos) {
    image.remove_prefix(slash + 1);
  }
  return image.substr(0, image.find(':'));
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Whether the program's name is one of the words of a name with dashes.
bool names_program(std::string_view name) {
  while (!name.empty()) {
    const auto end = std::min(name.find_first_of("-_."), name.size());
    if (name.substr(0, end) == program) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

/// The words of a list or a text; those of a shell's line one by one.
void add_words(const yaml::Node* from, std::vector<std::string>& words) {
  if (from == nullptr) return;
  for (const yaml::Node& item : from->items) add_words(&item, words);
  // A backslash continues a line.
  constexpr std::string_view between = " \t\r\n;&|()<>{}\"'`\\";
  std::string_view text = from->text;
  while (!text.empty()) {
    const auto begin = std::min(text.find_first_not_of(between), text.size());
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(between), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// Whether a word is the program, also as the default of a variable: ${HEADWATER:-headwater}.
bool is_program(std::string_view word) {
  const auto otherwise = word.find(":-");
  if (otherwise != std::string_view::npos) word.remove_prefix(otherwise + 2);
  return base_name(word) == program;
}

/// What a container of the image runs without naming the program: the image's entrypoint, or a
/// script, which may end in `headwater run`.
std::string command_in_image(const std::vector<std::string>& words) {
  static const std::vector<std::string> commands = {
      "check",  "consume",     "dead-letters", "demo",    "help",  "init",
      "k8s",    "materialize", "position",     "run",     "serve", "snapshot",
      "status", "tail",        "verify",       "version", "wait"};
  static const std::vector<std::string> tools = {"cat", "cp",    "echo", "false", "ls",
                                                 "rm",  "sleep", "true", "mkdir", "chown"};
  static const std::vector<std::string> wrappers = {"sh",   "bash", "ash",  "dash",
                                                    "exec", "env",  "tini", "dumb-init"};
  const auto first = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return !word.starts_with('-') && !is_one_of(base_name(word), wrappers);
  });
  if (first == words.end()) return "";
  const auto second = std::next(first);
  if (is_one_of(*first, commands) || is_one_of(base_name(*first), tools)) return *first;
  return second != words.end() && is_one_of(*second, commands) ? *second : "run";
}

/// The command of Headwater in a container's words. nullopt: they do not run the program.
std::optional<std::string> headwater_command(const std::vector<std::string>& words,
                                             bool headwater_image) {
  std::optional<std::string> command;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_program(words[i])) continue;
    command = i + 1 < words.size() ? words[i + 1] : "";
    if (command == "run") return command;
  }
  if (command) return command;
  if (headwater_image) return command_in_image(words);
  const auto first = std::find_if(words.begin(), words.end(),
                                  [](const std::string& word) { return !word.starts_with('-'); });
  const bool mentioned = std::any_of(words.begin(), words.end(), [](const std::string& one) {
    return one.find(program) != std::string::npos;
  });
  const bool runs = first != words.end() && *first == "run" && mentioned;
  return runs ? std::optional<std::string>("run") : std::nullopt;
}

Runs what_runs(const yaml::Node& container) {
  const std::string image = text_at(&container, {"image"});
  std::vector<std::string> words;
  add_words(at(&container, {"command"}), words);
  add_words(at(&container, {"args"}), words);
  if (image.empty() && words.empty()) return Runs::unseen;
  const auto command = headwater_command(words, names_program(image_name(image)));
  if (!command) return image.empty() ? Runs::unseen : Runs::other;
  // Without a command, or with one from a variable, it may be a relay.
  const bool runs = *command == "run" || command->starts_with('$') || words.empty();
  if (!runs) return Runs::headwater;
  const bool ends = std::find(words.begin(), words.end(), "--until-current") != words.end();
  return ends ? Runs::until_current : Runs::relay;
}

/// An item that says what a patch does with the whole list, and is no container.
bool is_directive(const yaml::Node& item) {
  return item.entries.size() == 1 && !patch_directive(item).empty();
}

void add_containers(const yaml::Node* spec, std::string_view key, Pod& pod) {
  const std::vector<yaml::Node>& items = items_at(spec, {key});
  const bool replaced =
      pod.replaced || std::any_of(items.begin(), items.end(), [](const yaml::Node& item) {
        return patch_directive(item) == "replace";
      });
  for (const yaml::Node& node : items) {
    if (!node.is_mapping() || is_directive(node)) continue;
    const bool first = key == "initContainers";
    const bool sidecar = first && text_at(&node, {"restartPolicy"}) == "Always";
    pod.containers.push_back({.node = &node,
                              .name = text_at(&node, {"name"}),
                              .runs = what_runs(node),
                              .init = first && !sidecar,
                              .replaced = replaced && patch_directive(node) != "delete"});
  }
}

/// Where an object of a kind describes its pods.
std::initializer_list<std::string_view> pod_path(const Object& object) {
  static const std::initializer_list<std::string_view> pod = {"spec"};
  static const std::initializer_list<std::string_view> pod_template = {"template", "spec"};
  static const std::initializer_list<std::string_view> cron = {"spec", "jobTemplate", "spec",
                                                               "template", "spec"};
  static const std::initializer_list<std::string_view> scaled = {"spec", "jobTargetRef", "template",
                                                                 "spec"};
  static const std::initializer_list<std::string_view> other = {"spec", "template", "spec"};
  // A JSON patch does not say of which kind it is.
  if (object.kind == "Pod") return pod;
  if (object.kind == "PodTemplate") return pod_template;
  if (entry_at(object.node, cron) != nullptr) return cron;
  if (entry_at(object.node, scaled) != nullptr) return scaled;
  return other;
}

}  // namespace

Pod pod_of(const Object& object) {
  Pod pod;
  const auto path = pod_path(object);
  const yaml::Entry* const entry = entry_at(object.node, path);
  if (entry == nullptr) return pod;
  pod.spec = &entry->value;
  pod.line = entry->line;
  pod.replaced = is_replaced(object.node, path);
  add_containers(pod.spec, "initContainers", pod);
  add_containers(pod.spec, "containers", pod);
  return pod;
}

bool makes_pods(const std::string& kind) {
  static constexpr std::array kinds = {
      "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
      "Pod",        "Job",         "CronJob",   "Rollout",    "DeploymentConfig",
      "ScaledJob"};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace headwater::kubernetes
