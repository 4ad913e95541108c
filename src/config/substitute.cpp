#include "src/config/substitute.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

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

tl::expected<Piece, Unresolved> reference(const std::string& inside) {
  constexpr std::string_view file = "file:";
  if (inside.starts_with(file)) {
    if (inside.size() > file.size()) return Piece{Piece::Kind::file, inside.substr(file.size())};
    return unresolved("${file:} does not name a file; write ${file:PATH}");
  }
  if (is_variable_name(inside)) return Piece{Piece::Kind::variable, inside};
  return unresolved("'${" + inside +
                    "}' is neither ${NAME} of an environment variable nor ${file:PATH}; write $${ "
                    "for a plain ${");
}

void append_text(std::vector<Piece>& pieces, std::string_view text) {
  if (pieces.empty() || pieces.back().kind != Piece::Kind::text) pieces.emplace_back();
  pieces.back().text += text;
}

tl::expected<std::string, Unresolved> content_of(const std::string& path) {
  auto content = read_file(path);
  if (!content) return content;
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return content;
}

tl::expected<std::string, Unresolved> resolve(const Piece& piece, const std::string& folder,
                                              const Environment& environment) {
  if (piece.kind == Piece::Kind::text) return piece.text;
  if (piece.kind == Piece::Kind::file) return content_of(relative_to(folder, piece.text));
  auto value = environment(piece.text);
  if (!value) return unresolved("environment variable " + piece.text + " is not set");
  return *std::move(value);
}

}  // namespace

tl::expected<std::vector<Piece>, Unresolved> pieces_of(const std::string& scalar) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while (at < scalar.size()) {
    if (scalar.compare(at, 3, "$${") == 0) {
      append_text(pieces, "${");
      at += 3;
    } else if (scalar.compare(at, 2, "${") == 0) {
      const std::size_t end = scalar.find('}', at);
      if (end == std::string::npos) {
        return unresolved("'${' has no closing '}'; write $${ for a plain ${");
      }
      auto piece = reference(scalar.substr(at + 2, end - at - 2));
      if (!piece) return tl::unexpected<Unresolved>(std::move(piece.error()));
      pieces.push_back(*std::move(piece));
      at = end + 1;
    } else {
      append_text(pieces, std::string_view(scalar).substr(at++, 1));
    }
  }
  return pieces;
}

bool has_references(const std::string& scalar) {
  const auto pieces = pieces_of(scalar);
  return pieces && std::ranges::any_of(
                       *pieces, [](const Piece& piece) { return piece.kind != Piece::Kind::text; });
}

tl::expected<std::string, Unresolved> substitute(const std::string& scalar,
                                                 const std::string& folder,
                                                 const Environment& environment) {
  auto pieces = pieces_of(scalar);
  if (!pieces) return tl::unexpected<Unresolved>(std::move(pieces.error()));
  std::string result;
  for (const Piece& piece : *pieces) {
    auto value = resolve(piece, folder, environment);
    if (!value) return value;
    result += *value;
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
