#include "src/config/substitute.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace headwater::config {
namespace {

// Configurations and secrets are smaller than this; a wrong path may lead to a database.
constexpr std::size_t largest_file = 1U << 20U;

tl::unexpected<Unresolved> unresolved(std::string message) {
  return tl::unexpected<Unresolved>(Unresolved{std::move(message)});
}

bool is_variable_name(const std::string& name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!fine) return false;
  }
  return true;
}

tl::expected<std::string, Unresolved> resolve(const std::string& inside, const std::string& folder,
                                              const Environment& environment) {
  constexpr std::string_view file = "file:";
  if (inside.starts_with(file)) {
    const std::string path = inside.substr(file.size());
    if (path.empty()) return unresolved("${file:} does not name a file; write ${file:PATH}");
    auto content = read_file(relative_to(folder, path));
    if (!content) return content;
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    return content;
  }
  if (!is_variable_name(inside)) {
    return unresolved(
        "'${" + inside +
        "}' is neither ${NAME} of an environment variable nor ${file:PATH}; write $${ "
        "for a plain ${");
  }
  auto value = environment(inside);
  if (!value) return unresolved("environment variable " + inside + " is not set");
  return *std::move(value);
}

}  // namespace

tl::expected<std::string, Unresolved> substitute(const std::string& scalar,
                                                 const std::string& folder,
                                                 const Environment& environment) {
  std::string result;
  std::size_t at = 0;
  while (at < scalar.size()) {
    if (scalar.compare(at, 3, "$${") == 0) {
      result += "${";
      at += 3;
    } else if (scalar.compare(at, 2, "${") == 0) {
      const std::size_t end = scalar.find('}', at);
      if (end == std::string::npos) {
        return unresolved("'${' has no closing '}'; write $${ for a plain ${");
      }
      auto value = resolve(scalar.substr(at + 2, end - at - 2), folder, environment);
      if (!value) return value;
      result += *value;
      at = end + 1;
    } else {
      result += scalar[at++];
    }
  }
  return result;
}

std::string relative_to(const std::string& folder, const std::string& path) {
  return (std::filesystem::path(folder) / path).string();
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

tl::expected<std::string, Unresolved> read_file(const std::string& path) {
  const auto why = [&path] {
    return unresolved("cannot read " + path + ": " + std::generic_category().message(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (!file) return why();
  std::string content(largest_file + 1, '\0');
  const std::size_t length = std::fread(content.data(), 1, content.size(), file.get());
  if (std::ferror(file.get()) != 0) return why();
  if (length > largest_file) return unresolved(path + " is larger than 1MiB");
  content.resize(length);
  return content;
}

}  // namespace headwater::config
