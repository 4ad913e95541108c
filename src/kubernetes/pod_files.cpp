#include "src/kubernetes/pod_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/one_line.h"
#include "src/config/substitute.h"
#include "src/kubernetes/addresses.h"
#include "src/kubernetes/names.h"

namespace headwater::kubernetes {
namespace {

using config::Piece;
using config::ReadText;
using config::TextUse;

// A volume there would hide what the image has, or would not last.
constexpr std::array<std::string_view, 9> system_folders{"/",    "/etc", "/opt", "/root", "/run",
                                                         "/srv", "/tmp", "/usr", "/var"};
// And nowhere below these.
constexpr std::array<std::string_view, 10> whole_system_folders{
    "/bin/",   "/boot/", "/dev/",  "/etc/headwater/", "/lib/",
    "/lib64/", "/proc/", "/sbin/", "/sys/",           "/tmp/"};

bool is_of_system(const std::string& folder) {
  return std::ranges::find(system_folders, folder) != system_folders.end() ||
         std::ranges::any_of(whole_system_folders, [&](std::string_view begin) {
           return (folder + "/").starts_with(begin);
         });
}

/// Kubernetes forbids the colon in mountPath, and nobody could type a control character.
bool can_be_mounted(const std::string& path) {
  return std::ranges::none_of(path,
                              [](unsigned char c) { return c < 0x20 || c == 0x7f || c == ':'; });
}

}  // namespace

Error PodFiles::error(const ReadText& text, const std::string& what,
                      const std::string& next) const {
  return {
      .name = "k8s.path",
      .message = one_line(file_ + ":" + std::to_string(text.line) + ": '" + text.key + "' " + what),
      .next = one_line(next)};
}

Error PodFiles::depends_on_variables(const ReadText& text) const {
  return error(text, "is the path " + text.written + ", and the volumes of a pod have fixed paths",
               "write the path itself, without ${}");
}

Result<void> PodFiles::add_references(const ReadText& text, Needs& needs) {
  const auto pieces = config::pieces_of(text.written);
  if (!pieces) return {};
  // Their relative paths start at the configuration's folder, whatever the text is for.
  ReadText reference = text;
  reference.use = TextUse::file;
  for (const Piece& piece : *pieces) {
    if (piece.kind == Piece::Kind::variable) variables_.insert(piece.text);
    if (piece.kind != Piece::Kind::file) continue;
    if (auto added = add_file(reference, piece.text, needs.files); !added) return added;
  }
  needs.variables.assign(variables_.begin(), variables_.end());
  return {};
}

Result<void> PodFiles::add(const ReadText& text, RelayNeeds& relay) {
  const bool is_path =
      text.use == TextUse::data || text.use == TextUse::file || text.use == TextUse::library_file;
  if (!is_path || text.written.empty()) return {};
  if (config::has_references(text.written)) return fail(depends_on_variables(text));
  if (text.use == TextUse::data) return add_volume(text, relay.volumes);
  return add_file(text, masked(text.written), relay.files);
}

Result<void> PodFiles::add_file(const ReadText& text, const std::string& written,
                                std::vector<SecretFile>& files) {
  if (!can_be_mounted(written)) {
    return fail(error(text, "names the file " + written + ", which cannot be mounted",
                      "give the file a name without colons and control characters"));
  }
  if (text.use == TextUse::library_file && !written.starts_with('/')) {
    return fail(error(
        text, "names the file " + written + ", which is looked for where the process was started",
        std::string("write its whole path: ") + configuration_folder + "/" + written));
  }
  const std::string path =
      (std::filesystem::path(configuration_folder) / written).lexically_normal().string();
  const std::string configuration = std::string(configuration_folder) + "/headwater.yaml";
  if (path.ends_with('/') || path == configuration) {
    return fail(error(text, "names the file " + written + ", which is not a file of its own",
                      "write the path of a file other than " + configuration));
  }
  if (std::ranges::find(files, path, &SecretFile::path) == files.end()) {
    files.push_back({.path = path,
                     .from = config::relative_to(config::folder_of(file_), written),
                     .key = key_for(path)});
  }
  return {};
}

std::string PodFiles::key_for(const std::string& path) {
  for (const auto& [key, used] : keys_) {
    if (used == path) return key;
  }
  std::string key = secret_key(path);
  const bool taken =
      std::ranges::any_of(keys_, [&](const auto& entry) { return entry.first == key; });
  // A variable, which is in the same Secret, has no dot in its name.
  if (taken || key.find('.') == std::string::npos) key = hashed_secret_key(path);
  keys_.emplace_back(key, path);
  return key;
}

Result<void> PodFiles::add_volume(const ReadText& text, std::vector<Volume>& volumes) const {
  const std::filesystem::path path(masked(text.written));
  const std::string name = path.filename().string();
  const std::string next = "write a path whose folder can be a volume: /data/" + name;
  if (path.is_relative()) {
    return fail(error(text,
                      "is the relative path " + path.string() +
                          ", which starts at the folder of the configuration; in a pod, that "
                          "folder is read-only",
                      next));
  }
  const std::string folder = path.lexically_normal().parent_path().string();
  if (is_of_system(folder) || name.empty() || !can_be_mounted(folder)) {
    return fail(
        error(text, "is " + path.string() + ", and " + folder + " cannot be a volume", next));
  }
  const auto known = std::ranges::find(volumes, folder, &Volume::folder);
  Volume& volume = known != volumes.end() ? *known : volumes.emplace_back();
  volume.folder = folder;
  volume.of_source = volume.of_source || text.key.starts_with("source.");
  return {};
}

}  // namespace headwater::kubernetes
