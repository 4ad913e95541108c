#include "src/kubernetes/inputs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace headwater::kubernetes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 64 << 20;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Input unreadable(const std::string& name, const std::string& why) {
  return {.name = name,
          .unreadable = "it cannot be read: " + why,
          .next = "correct the name, or make it readable"};
}

Input read_stream(std::FILE& from, const std::string& name) {
  Input input{.name = name};
  std::array<char, 1 << 16> piece{};
  while (input.text.size() <= most_bytes) {
    const std::size_t got = std::fread(piece.data(), 1, piece.size(), &from);
    if (got == 0) break;
    input.text.append(piece.data(), got);
  }
  if (std::ferror(&from) != 0) return unreadable(name, std::strerror(errno));
  if (input.text.size() > most_bytes) return unreadable(name, "it is larger than 64 MiB");
  return input;
}

Input read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return unreadable(path, std::strerror(errno));
  return read_stream(*file, path);
}

bool is_manifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json" ||
         path.filename() == "Kustomization";
}

/// The templates of a chart are not manifests. Among other files it is left to its own check.
Input chart(const std::string& path, bool inside) {
  return {.name = path,
          .unreadable = "it is a Helm chart, whose templates are not manifests",
          .next = "helm template " + path + " | headwater k8s lint -",
          .skipped = inside};
}

/// Reads what is in folders, each folder once.
class Folders {
 public:
  explicit Folders(std::vector<Input>& inputs) : inputs_(inputs) {}

  /// Links come last, so that files keep the name that they have without links.
  void read(const std::string& folder) {
    read_one(folder, false);
    while (!links_.empty()) {
      const std::string link = links_.front();
      links_.pop_front();
      read_one(link, true);
    }
  }

 private:
  void read_one(const std::string& folder, bool inside) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (!error && !seen_.insert(real).second) return;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      entries.push_back(at->path());
    }
    if (error) {
      inputs_.push_back(unreadable(folder, error.message()));
      return;
    }
    std::sort(entries.begin(), entries.end());
    if (fs::exists(fs::path(folder) / "Chart.yaml", error)) {
      inputs_.push_back(chart(folder, inside));
      return;
    }
    for (const fs::path& entry : entries) read_entry(entry);
  }

  void read_entry(const fs::path& entry) {
    if (entry.filename().string().starts_with('.')) return;
    std::error_code error;
    if (fs::is_directory(entry, error)) {
      if (fs::is_symlink(entry, error)) {
        links_.push_back(entry.string());
      } else {
        read_one(entry.string(), true);
      }
    } else if (is_manifest(entry)) {
      inputs_.push_back(read_file(entry.string()));
    }
  }

  std::vector<Input>& inputs_;
  std::set<fs::path> seen_;
  std::deque<std::string> links_;
};

void read_word(const std::string& word, std::vector<Input>& inputs) {
  std::error_code error;
  if (word == "-") {
    inputs.push_back(read_stream(*stdin, "stdin"));
    return;
  }
  if (!fs::is_directory(word, error)) {
    inputs.push_back(read_file(word));
    return;
  }
  const std::size_t before = inputs.size();
  Folders(inputs).read(word);
  if (inputs.size() > before) return;
  inputs.push_back({.name = word,
                    .unreadable = "the folder has no file that ends in .yaml, .yml or .json",
                    .next = "name other files"});
}

}  // namespace

std::vector<Input> read_inputs(const std::vector<std::string>& words) {
  std::vector<Input> inputs;
  for (const std::string& word : words) {
    std::vector<Input> more;
    read_word(word, more);
    for (Input& input : more) {
      const bool again = std::any_of(inputs.begin(), inputs.end(),
                                     [&](const Input& one) { return one.name == input.name; });
      if (!again) inputs.push_back(std::move(input));
    }
  }
  return inputs;
}

}  // namespace headwater::kubernetes
